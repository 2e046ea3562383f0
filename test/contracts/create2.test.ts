import { network } from "hardhat";
import { type Address, custom, getAddress, type Hex, parseEther } from "viem";
import { describe, expect, it } from "vitest";
import { base, baseSepolia } from "../../contracts/chains.ts";
import { installUsdc } from "../../dev/usdc.ts";
import PaymentGatewayModule from "../../ignition/modules/PaymentGateway.ts";
import SettlementReceiverModule from "../../ignition/modules/SettlementReceiver.ts";

const OWNER: Address = "0x1111111111111111111111111111111111111111";
const CREATEX: Address = "0xba5Ed099633D3B313e4D5F7bdc1305d3c28ba5Ed";
const CREATEX_DEPLOYER: Address = "0xeD456e05CaAb11d66C4c797dD6c1D6f9A7F352b5";

/** A fresh chain with CreateX. */
async function withCreateX(chain: "avalanche" | "fuji" | "base" | "baseSepolia") {
  const connection = await network.create(chain as "base");
  const client = await connection.viem.getPublicClient();
  await connection.networkHelpers.setBalance(CREATEX_DEPLOYER, parseEther("10"));
  await client.sendRawTransaction({ serializedTransaction: await createXTransaction() });
  expect(await client.getCode({ address: CREATEX })).toBeDefined();
  const { viem, ignition, provider } = connection;
  return { viem, ignition, provider, client };
}

/** The gateway's address when account `index` deploys it through CreateX, as `--strategy create2` does. */
async function deployGateway(chain: "avalanche" | "fuji", { index = 0, feeBps = 100 } = {}): Promise<Address> {
  const { viem, ignition } = await withCreateX(chain);
  const account = (await viem.getWalletClients())[index]?.account.address as Address;
  const { gateway } = await ignition.deploy(PaymentGatewayModule, {
    strategy: "create2",
    defaultSender: account,
    parameters: { PaymentGatewayModule: { owner: OWNER, feeRecipient: OWNER, feeBps } },
  });
  expect(await gateway.read.owner()).toBe(OWNER);
  return getAddress(gateway.address);
}

/** The receiver's address and code when account `index` deploys it through CreateX. */
async function deployReceiver(chain: "base" | "baseSepolia", { index = 0, refundLimit = 1n } = {}) {
  const { viem, ignition, client, provider } = await withCreateX(chain);
  const usdc = { base, baseSepolia }[chain].tokens.USDC as Address;
  await installUsdc({ transport: custom(provider), mode: "hardhat" }, usdc);
  const account = (await viem.getWalletClients())[index]?.account.address as Address;
  const { receiver } = await ignition.deploy(SettlementReceiverModule, {
    strategy: "create2",
    defaultSender: account,
    parameters: { SettlementReceiverModule: { owner: OWNER, treasury: OWNER, operator: OWNER, refundLimit } },
  });
  expect(await receiver.read.usdc()).toBe(getAddress(usdc));
  const code = (await client.getCode({ address: receiver.address })) as Hex;
  return { address: getAddress(receiver.address), code: code.replaceAll(usdc.slice(2).toLowerCase(), "USDC") };
}

describe("the gateway deployed through CreateX", () => {
  it("has one address on Avalanche and Fuji, whoever deploys", async () => {
    const avalanche = await deployGateway("avalanche");
    expect(await deployGateway("fuji", { index: 1 })).toBe(avalanche);
  });

  it("has another address with another fee, owner or fee recipient", async () => {
    const avalanche = await deployGateway("avalanche");
    expect(await deployGateway("avalanche", { feeBps: 101 })).not.toBe(avalanche);
  });
});

describe("the receiver deployed through CreateX", () => {
  it("has one address on Base and Base Sepolia, whoever deploys, and one code but for USDC's address", async () => {
    const onBase = await deployReceiver("base");
    expect(await deployReceiver("baseSepolia", { index: 1 })).toEqual(onBase);
    expect(onBase.code).toContain("USDC");
  });

  it("has another address with another refund limit, owner, treasury or operator", async () => {
    const onBase = await deployReceiver("base");
    expect((await deployReceiver("base", { refundLimit: 2n })).address).not.toBe(onBase.address);
  });
});

/** CreateX's own signed deployment, from Ignition, which installs it on chain 31337 alone. */
async function createXTransaction(): Promise<Hex> {
  const strategies = "../../node_modules/@nomicfoundation/ignition-core/dist/src/internal/execution/strategy";
  const { presignedTx } = await import(new URL(`${strategies}/createx-artifact.js`, import.meta.url).href);
  return presignedTx;
}
