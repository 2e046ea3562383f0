import { network } from "hardhat";
import {
  type Address,
  concat,
  custom,
  getContract,
  getContractAddress,
  type Hex,
  type LocalAccount,
  parseEventLogs,
  parseUnits,
} from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { afterEach } from "vitest";
import { settlementReceiverAbi, usdcAbi } from "../../../contracts/abi.ts";
import { base, baseSepolia } from "../../../contracts/chains.ts";
import { installUsdc } from "../../../dev/usdc.ts";
import SettlementReceiverModule from "../../../ignition/modules/SettlementReceiver.ts";
import { type Authorization, argsOf, authorizationData, freshNonce, type Terms, type Token } from "./authorization.ts";

export const DAY_SEC = 86_400n;
export const REFUND_LIMIT = parseUnits("500", 6);
export const PRICE = parseUnits("100", 6);
/** What each payer has. */
export const FUNDS = parseUnits("10000", 6);

const CHAINS = { base, baseSepolia };

export type World = Awaited<ReturnType<typeof createWorld>>;

/** A payer of USDC who signs and never sends: he needs no coins. */
export const payerNo = (index: number): LocalAccount =>
  privateKeyToAccount(`0x${(0xfeed_0000 + index).toString(16).padStart(64, "a")}`);

/** A fresh simulated Base with Circle's USDC at its address and the receiver as the Ignition module deploys it. */
export async function createWorld({ chain = "base" as "base" | "baseSepolia", refundLimit = REFUND_LIMIT } = {}) {
  const connection = await network.create(chain);
  const { viem, ignition, networkHelpers, provider } = connection;
  const [owner, operator, treasury, stranger, other] = await viem.getWalletClients();
  if (!owner || !operator || !treasury || !stranger || !other) throw new Error("the chain has no accounts");
  const address = CHAINS[chain].tokens.USDC as Address;
  const circle = await installUsdc({ transport: custom(provider), mode: "hardhat" }, address);
  const parameters = {
    SettlementReceiverModule: {
      owner: owner.account.address,
      treasury: treasury.account.address,
      operator: operator.account.address,
      refundLimit,
    },
  };
  const { receiver } = await ignition.deploy(SettlementReceiverModule, { parameters });
  const client = await viem.getPublicClient();
  const payer = payerNo(0);
  await circle.mint(payer.address, FUNDS);
  return {
    ...{ connection, viem, networkHelpers, client, receiver, owner, operator, treasury, stranger, other, payer },
    usdc: getContract({ address, abi: usdcAbi, client: { public: client, wallet: stranger } }),
    circle,
    /** What keeps the coin of the receiver's pause: the first contract that the receiver made. */
    pauseCoin: await viem.getContractAt("PauseCoin", getContractAddress({ from: receiver.address, nonce: 1n })),
    /** Coins for the receiver that it cannot refuse: a constructor that destroys itself in its favour. */
    forceCoins: (value: bigint) =>
      stranger.sendTransaction({ data: concat(["0x73", receiver.address, "0xff"]), value }),
    /** What payers sign for. */
    token: { address, name: chain === "base" ? "USD Coin" : "USDC", chainId: CHAINS[chain].id } satisfies Token,
    /** The next block, and with it the next transaction, gets this time. */
    mineAt: (timestampSec: bigint) => networkHelpers.time.setNextBlockTimestamp(timestampSec),
    nowSec: async () => (await client.getBlock()).timestamp,
  };
}

/** A world for one test file, made ready by `prepare`; what a test did is undone after it. */
export async function useWorld(prepare = async (_: World): Promise<void> => {}): Promise<World> {
  const world = await createWorld();
  await prepare(world);
  const start = await world.networkHelpers.takeSnapshot();
  afterEach(() => start.restore());
  return world;
}

/** Terms of the usual payment, 100 USDC of the payer to the receiver within the hour, changed where a test says so. */
export async function termsIn(world: World, changes: Partial<Terms> = {}): Promise<Terms> {
  return {
    from: world.payer.address,
    to: world.receiver.address,
    value: PRICE,
    validAfter: 0n,
    validBefore: (await world.nowSec()) + 3_600n,
    nonce: freshNonce(),
    ...changes,
  };
}

/** The usual payment, signed by `signer`, by default the payer. */
export async function authorizationIn(
  world: World,
  changes: Partial<Terms> = {},
  signer = world.payer,
): Promise<Authorization> {
  const { to: _, ...terms } = await termsIn(world, { from: signer.address, ...changes });
  const signed = authorizationData(world.token, { ...terms, to: changes.to ?? world.receiver.address });
  return { ...terms, signature: await signer.signTypedData(signed) };
}

/** Settles the usual payment, and tells it. */
export async function settled(world: World, changes: Partial<Terms> = {}, signer = world.payer) {
  const authorization = await authorizationIn(world, changes, signer);
  await world.receiver.write.settle(argsOf(authorization), { account: world.stranger.account });
  return authorization;
}

/** Asserts that `call` reverts with the receiver's custom error `name`, and with exactly these values when given. */
export async function expectRevert(world: World, call: Promise<unknown>, [name, ...values]: [string, ...unknown[]]) {
  const { viem, receiver } = world;
  // The assertion only reads the promise; its type asks for a call that resolves to a value or a hash.
  const sent = call as Promise<Hex>;
  if (values.length === 0) return viem.assertions.revertWithCustomError(sent, receiver, name as "ZeroAmount");
  return viem.assertions.revertWithCustomErrorWithArgs(sent, receiver, name as "ZeroAmount", values as never);
}

/** What the receiver told in a transaction, in order. */
export async function told(world: World, sent: Promise<Hex>) {
  const { logs } = await world.client.getTransactionReceipt({ hash: await sent });
  const own = logs.filter(({ address }) => address === world.receiver.address.toLowerCase());
  return parseEventLogs({ abi: settlementReceiverAbi, logs: own }).map(({ eventName, args }) => [eventName, args]);
}

/** What USDC told in a transaction, in order. */
export async function toldByUsdc(world: World, sent: Promise<Hex>) {
  const { logs } = await world.client.getTransactionReceipt({ hash: await sent });
  const own = logs.filter(({ address }) => address === world.usdc.address.toLowerCase());
  return parseEventLogs({ abi: usdcAbi, logs: own }).map(({ eventName, args }) => [eventName, args]);
}
