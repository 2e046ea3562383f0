import { type Hex, parseSignature } from "viem";
import { each, type Figure, gasOf } from "../gas-table.ts";
import { type Authorization, argsOf } from "./authorization.ts";
import { authorizationIn, createWorld, payerNo, REFUND_LIMIT, settled, type World } from "./world.ts";

const BATCHES = [1, 5, 10, 50];

type Measure = (hash: Promise<Hex>) => Promise<Figure>;
type Bench = { world: World; gas: Measure };

/** Measures every way in and out. Receiver, treasury and payers hold USDC before it counts, but for "first". */
export async function measureReceiverGas(): Promise<Record<string, Figure>> {
  const world = await createWorld();
  const bench = { world, gas: async (hash: Promise<Hex>) => gasOf(world, await hash) };
  await world.circle.mint(world.treasury.account.address, 1n);
  const first = { "settle, first of all": await settleOne(bench) };
  const ins = { ...first, ...(await directFigures(bench)), ...(await batchFigures(bench)) };
  return { ...ins, ...(await outFigures(bench)), ...(await forcedFigures(bench)) };
}

async function settleOne({ world, gas }: Bench): Promise<Figure> {
  const authorization = await authorizationIn(world);
  return gas(world.receiver.write.settle(argsOf(authorization), { account: world.stranger.account }));
}

/** `floor` is the same payment to an account that is no contract. */
async function directFigures(bench: Bench): Promise<Record<string, Figure>> {
  const { receiver, treasury } = bench.world;
  const floor = await submit(bench, treasury.account.address);
  const direct = await submit(bench, receiver.address);
  return {
    "x402, straight to USDC": { ...direct.vrs, floor: floor.vrs.gasUsed, target: 85_800 },
    "x402, straight to USDC, signature as bytes": { ...direct.bytes, floor: floor.bytes.gasUsed },
    settle: { ...(await settleOne(bench)), floor: direct.bytes.gasUsed, target: 92_500 },
  };
}

async function submit({ world, gas }: Bench, to: Hex): Promise<{ vrs: Figure; bytes: Figure }> {
  const argsTo = ({ from, value, validAfter, validBefore, nonce }: Authorization) =>
    [from, to, value, validAfter, validBefore, nonce] as const;
  const one = await authorizationIn(world, { to });
  const { r, s, yParity } = parseSignature(one.signature);
  const vrs = await gas(world.usdc.write.transferWithAuthorization([...argsTo(one), yParity + 27, r, s]));
  const two = await authorizationIn(world, { to });
  const bytes = await gas(world.usdc.write.transferWithAuthorization([...argsTo(two), two.signature]));
  return { vrs, bytes };
}

/** Each payment from a payer of its own. */
async function batchFigures({ world, gas }: Bench): Promise<Record<string, Figure>> {
  const figures: Record<string, Figure> = {};
  let payer = 100;
  for (const size of BATCHES) {
    const entries: Authorization[] = [];
    while (entries.length < size) entries.push(await fromNew(world, payer++));
    const batch = await gas(world.receiver.write.settleBatch([entries], { account: world.stranger.account }));
    figures[`settleBatch, one of ${size}`] = { ...each(batch, size), ...(size === 10 && { target: 55_000 }) };
  }
  return figures;
}

async function fromNew(world: World, index: number): Promise<Authorization> {
  const payer = payerNo(index);
  await world.circle.mint(payer.address, 10n ** 10n);
  return authorizationIn(world, {}, payer);
}

async function outFigures({ world, gas }: Bench): Promise<Record<string, Figure>> {
  const { receiver, operator, stranger, payer } = world;
  await world.circle.mint(receiver.address, REFUND_LIMIT);
  const refund = async () => {
    const { nonce } = await settled(world);
    return gas(receiver.write.refund([payer.address, nonce, 1_000_000n], { account: operator.account }));
  };
  return {
    "refund, first of the day": await refund(),
    refund: await refund(),
    sweep: { ...(await gas(receiver.write.sweep({ account: stranger.account }))), target: 53_000 },
  };
}

/** The most that a stranger's coins can do: settlements read the pause from storage. */
async function forcedFigures(bench: Bench): Promise<Record<string, Figure>> {
  await bench.world.forceCoins(1n);
  return { "settle, coins forced on the receiver": await settleOne(bench) };
}
