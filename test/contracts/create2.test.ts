import { network } from "hardhat";
import { type Address, getAddress, type Hex, parseEther } from "viem";
import { describe, expect, it } from "vitest";
import PaymentGatewayModule from "../../ignition/modules/PaymentGateway.ts";

const OWNER: Address = "0x1111111111111111111111111111111111111111";
const CREATEX: Address = "0xba5Ed099633D3B313e4D5F7bdc1305d3c28ba5Ed";
const CREATEX_DEPLOYER: Address = "0xeD456e05CaAb11d66C4c797dD6c1D6f9A7F352b5";

/** The gateway's address when account `index` deploys it through CreateX, as `--strategy create2` does. */
async function deployThroughCreateX(chain: "avalanche" | "fuji", { index = 0, feeBps = 100 } = {}): Promise<Address> {
  const { viem, ignition, networkHelpers } = await network.create(chain);
  const client = await viem.getPublicClient();
  await networkHelpers.setBalance(CREATEX_DEPLOYER, parseEther("10"));
  await client.sendRawTransaction({ serializedTransaction: await createXTransaction() });
  const account = (await viem.getWalletClients())[index]?.account.address as Address;
  const { gateway } = await ignition.deploy(PaymentGatewayModule, {
    strategy: "create2",
    defaultSender: account,
    parameters: { PaymentGatewayModule: { owner: OWNER, feeRecipient: OWNER, feeBps } },
  });
  expect(await client.getCode({ address: CREATEX })).toBeDefined();
  expect(await gateway.read.owner()).toBe(OWNER);
  return getAddress(gateway.address);
}

describe("deployment through CreateX", () => {
  it("gives one address on Avalanche and Fuji, whoever deploys", async () => {
    const avalanche = await deployThroughCreateX("avalanche");
    expect(await deployThroughCreateX("fuji", { index: 1 })).toBe(avalanche);
  });

  it("gives another address to another fee, owner or fee recipient", async () => {
    const avalanche = await deployThroughCreateX("avalanche");
    expect(await deployThroughCreateX("avalanche", { feeBps: 101 })).not.toBe(avalanche);
  });
});

/** CreateX's own signed deployment, from Ignition, which installs it on chain 31337 alone. */
async function createXTransaction(): Promise<Hex> {
  const strategies = "../../node_modules/@nomicfoundation/ignition-core/dist/src/internal/execution/strategy";
  const { presignedTx } = await import(new URL(`${strategies}/createx-artifact.js`, import.meta.url).href);
  return presignedTx;
}
