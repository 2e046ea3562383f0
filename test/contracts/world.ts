import { network } from "hardhat";
import { type Address, custom, type Hex, parseEther } from "viem";
import { afterEach } from "vitest";
import { NATIVE_TOKEN } from "../../contracts/chains.ts";
import { type BoundTerms, paymentIdOf } from "../../contracts/payment-id.ts";
import { installUsdc } from "../../dev/usdc.ts";
import PaymentGatewayModule from "../../ignition/modules/PaymentGateway.ts";

export const FEE_BPS = 100;
export const DAY_SEC = 86_400;
export const OPEN_ID: Hex = `0x00000000${"ab".repeat(28)}`;

export type World = Awaited<ReturnType<typeof createWorld>>;

/** A fresh simulated Avalanche with the gateway as the Ignition module deploys it, one token and six accounts. */
export async function createWorld({ chain = "avalanche" as "avalanche" | "fuji", feeBps = FEE_BPS } = {}) {
  const connection = await network.create(chain);
  const { viem, ignition, networkHelpers, provider } = connection;
  const [owner, payer, merchant, treasury, stranger, other] = await viem.getWalletClients();
  if (!owner || !payer || !merchant || !treasury || !stranger || !other) throw new Error("the chain has no accounts");
  const parameters = {
    PaymentGatewayModule: { owner: owner.account.address, feeRecipient: treasury.account.address, feeBps },
  };
  const { gateway } = await ignition.deploy(PaymentGatewayModule, { parameters });
  const token = await viem.deployContract("DemoToken", ["Arena", "ARENA"]);
  const client = await viem.getPublicClient();
  return {
    ...{ connection, viem, networkHelpers, client, gateway, token, owner, payer, merchant, treasury, stranger, other },
    chainId: await client.getChainId(),
    transport: custom(provider),
    asPayer: { account: payer.account },
    /** The next block, and with it the next transaction, gets this time. */
    mineAt: (timestampSec: number) => networkHelpers.time.setNextBlockTimestamp(timestampSec),
    /** Gives the payer `amount` of the token and the gateway an allowance over it. */
    fund: async (amount: bigint) => {
      await token.write.mint([payer.account.address, amount]);
      await token.write.approve([gateway.address, amount], { account: payer.account });
    },
    balanceOf: (account: Address) => client.getBalance({ address: account }),
    nowSec: async () => Number((await client.getBlock()).timestamp),
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

/** Asserts that `call` reverts with the gateway's custom error `name`, and with exactly these values when given. */
export async function expectRevert(world: World, call: Promise<unknown>, [name, ...values]: [string, ...unknown[]]) {
  const { viem, gateway } = world;
  // The assertion only reads the promise; its type asks for a call that resolves to a value or a hash.
  const sent = call as Promise<Hex>;
  if (values.length === 0) return viem.assertions.revertWithCustomError(sent, gateway, name as "ZeroAmount");
  return viem.assertions.revertWithCustomErrorWithArgs(sent, gateway, name as "ZeroAmount", values as never);
}

/** Terms of the usual payment, 1 AVAX to the merchant within the hour, changed where a test says so. */
export async function termsIn(world: World, changes: Partial<BoundTerms> = {}): Promise<BoundTerms> {
  return {
    chainId: world.chainId,
    gateway: world.gateway.address,
    merchant: world.merchant.account.address,
    token: NATIVE_TOKEN,
    amount: parseEther("1"),
    feeBps: FEE_BPS,
    expiry: (await world.nowSec()) + 3_600,
    salt: 0x0102_0304_0506_0708n,
    ...changes,
  };
}

/** An id that is good for the usual payment, changed where a test says so. */
export async function boundIdIn(world: World, changes: Partial<BoundTerms> = {}): Promise<Hex> {
  return paymentIdOf(await termsIn(world, changes));
}

/** Circle's USDC on the world's chain, with `amount` for the payer. */
export async function usdcIn(world: World, amount: bigint) {
  const usdc = await installUsdc({ transport: world.transport, mode: "hardhat" });
  await usdc.mint(world.payer.account.address, amount);
  return world.viem.getContractAt("DemoToken", usdc.address).then((token) => ({ ...usdc, token }));
}
