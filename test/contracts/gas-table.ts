import { type Address, type Hex, maxUint256, parseEther } from "viem";
import { NATIVE_TOKEN } from "../../contracts/chains.ts";
import { type SignedPermit, signPermit } from "./permit.ts";
import { boundIdIn, createWorld, usdcIn, type World } from "./world.ts";

/** What a path costs. `withoutRefunds` is what Avalanche charges; `floor` the same work with no check and no fee. */
export type Figure = { gasUsed: number; withoutRefunds: number; floor?: number; target?: number };

// Fixed, so that the ids and with them the calldata are the same in every run.
const EXPIRY = 0xffff_ffff;
const WORD = 0x1234_5678_9abc_de00n;
const PRICE = 1_000_000n;
const MINT = parseEther("1000");

type Gateway = World["gateway"];
type Measure = (hash: Promise<Hex>) => Promise<Figure>;
type Bench = { world: World; floor: Gateway; gas: Measure; salt: () => bigint };

/**
 * Measures every way to pay. Each is paid once before it counts: balances, allowances and the ids' storage slot are
 * not zero, as they are for a merchant who sells.
 */
export async function measureGas(): Promise<Record<string, Figure>> {
  const world = await createWorld();
  const floor = await world.viem.deployContract("FloorGateway");
  let used = WORD;
  const bench: Bench = {
    world,
    floor: floor as unknown as Gateway,
    gas: async (hash) => gasOf(world, await hash),
    salt: () => used++,
  };
  const usdc = await usdcIn(world, MINT);
  await world.token.write.mint([world.payer.account.address, MINT]);
  return {
    ...(await nativeFigures(bench)),
    ...(await tokenFigures(bench, { name: "ERC-20", token: world.token, version: "1", targets: [67_600, undefined] })),
    ...(await tokenFigures(bench, { name: "USDC", token: usdc.token, version: "2", targets: [83_500, 122_400] })),
    ...(await sweepFigures(bench, usdc.address)),
  };
}

async function nativeFigures({ world, floor, gas, salt }: Bench): Promise<Record<string, Figure>> {
  const { gateway, asPayer } = world;
  const merchant = world.merchant.account.address;
  const value = parseEther("0.1");
  const id = () => boundIdIn(world, { amount: value, expiry: EXPIRY, salt: salt() });
  const call = { ...asPayer, value };
  const first = await gas(gateway.write.payNativeFor([await id(), merchant], call));
  const next = await gas(gateway.write.payNativeFor([await id(), merchant], call));
  const open = await gas(gateway.write.payNativeFor([OPEN, merchant], call));
  const bare = await gas(floor.write.payNativeFor([await id(), merchant], call));
  const payments = [];
  for (let i = 0; i < 10; i++) payments.push({ sessionId: await id(), merchant, token: NATIVE_TOKEN, amount: value });
  const batch = await gas(gateway.write.payBatch([payments], { ...asPayer, value: 10n * value }));
  return {
    "native, first id of a word": withFloor(first, bare),
    native: { ...withFloor(next, bare), target: 43_000 },
    "native, open id": withFloor(open, bare),
    "native, one of a batch of ten": { ...each(batch, 10), target: 16_500 },
  };
}

const OPEN: Hex = `0x00000000${"ab".repeat(28)}`;

type Token = World["token"];

type Sort = { name: string; token: Token; version: string; targets: [number, number | undefined] };

async function tokenFigures({ world, floor, gas, salt }: Bench, { name, token, version, targets }: Sort) {
  const merchant = world.merchant.account.address;
  const terms = { token: token.address, amount: PRICE, expiry: EXPIRY };
  const pay = async (to: Gateway) => {
    const id = await boundIdIn(world, { ...terms, salt: salt() });
    return gas(to.write.payFor([id, merchant, token.address, PRICE], world.asPayer));
  };
  const permit = async (to: Gateway) => {
    const id = await boundIdIn(world, { ...terms, salt: salt() });
    const { deadline, v, r, s } = await permitOver(world, { token, version, spender: to.address });
    return gas(to.write.payForWithPermit([id, merchant, token.address, PRICE, deadline, v, r, s], world.asPayer));
  };
  for (const spender of [world.gateway, floor]) {
    await token.write.approve([spender.address, PRICE * 1000n], world.asPayer);
    await pay(spender);
  }
  const byApproval = withFloor(await pay(world.gateway), await pay(floor));
  for (const spender of [world.gateway, floor]) {
    await token.write.approve([spender.address, 0n], world.asPayer);
    await permit(spender);
  }
  const byPermit = withFloor(await permit(world.gateway), await permit(floor));
  return {
    [`${name} by approval`]: { ...byApproval, ...target(targets[0]) },
    [`${name} by permit`]: { ...byPermit, ...target(targets[1]) },
  };
}

type Asked = { token: Token; version: string; spender: Address };

async function permitOver(world: World, { token, version, spender }: Asked): Promise<SignedPermit> {
  const nonce = await token.read.nonces([world.payer.account.address]);
  const terms = { token: token.address, name: await token.read.name(), version, nonce };
  return signPermit(world, { ...terms, value: PRICE, deadline: maxUint256 }, spender);
}

async function sweepFigures({ world, gas }: Bench, usdc: Address): Promise<Record<string, Figure>> {
  const { gateway, asPayer, treasury } = world;
  // The treasury holds USDC already, as it does after the first sweep.
  const token = await world.viem.getContractAt("DemoToken", usdc);
  await token.write.transfer([treasury.account.address, 1n], asPayer);
  return {
    "sweep native": await gas(gateway.write.sweep([NATIVE_TOKEN], asPayer)),
    "sweep USDC": await gas(gateway.write.sweep([usdc], asPayer)),
  };
}

type Chain = { client: Pick<World["client"], "getTransactionReceipt" | "getTransaction"> } & {
  connection: { provider: { request(call: { method: string; params: unknown[] }): Promise<unknown> } };
};

/** Gas as charged with refunds, and as on Avalanche: what the trace's last step had used. */
export async function gasOf(world: Chain, hash: Hex): Promise<Figure> {
  const receipt = await world.client.getTransactionReceipt({ hash });
  if (receipt.status !== "success") throw new Error(`${hash} reverted`);
  const { gas: limit } = await world.client.getTransaction({ hash });
  const params = [hash, { disableMemory: true, disableStack: true, disableStorage: true }];
  const trace = (await world.connection.provider.request({ method: "debug_traceTransaction", params })) as Trace;
  const last = trace.structLogs.at(-1);
  if (!last) throw new Error(`${hash} ran no code`);
  return { gasUsed: Number(receipt.gasUsed), withoutRefunds: Number(limit) - (last.gas - last.gasCost) };
}

type Trace = { structLogs: { gas: number; gasCost: number }[] };

const withFloor = (figure: Figure, floor: Figure): Figure => ({ ...figure, floor: floor.withoutRefunds });

const target = (gas: number | undefined) => (gas === undefined ? {} : { target: gas });

/** What one of `count` costs. */
export const each = (total: Figure, count: number): Figure => ({
  gasUsed: Math.ceil(total.gasUsed / count),
  withoutRefunds: Math.ceil(total.withoutRefunds / count),
});
