import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import {
  type Abi,
  type Address,
  createTestClient,
  type Hash,
  type Hex,
  http,
  keccak256,
  type PublicActions,
  publicActions,
  type TransactionReceipt,
  TransactionReceiptNotFoundError,
  toHex,
  walletActions,
} from "viem";
import { mnemonicToAccount } from "viem/accounts";
import { paymentGatewayAbi } from "../../contracts/abi.ts";
import { avalanche } from "../../contracts/chains.ts";
import { type AnvilOptions, startAnvil } from "../../dev/anvil.ts";
import type { IndexedGateway } from "../../dev/indexer/schema-name.ts";

export const PAYER = mnemonicToAccount("test test test test test test test test test test test junk");
export const MERCHANT: Address = "0x70997970c51812dc3a010c7d01b50e0d17dc79c8";

export type TestChain = Awaited<ReturnType<typeof startTestChain>>;

/** An anvil with the real gateway on it, a block per transaction unless told otherwise. */
export async function startTestChain(options: Partial<AnvilOptions> = {}) {
  const anvil = await startAnvil({ chainId: avalanche.id, hardfork: "cancun", ...options });
  const client = clientOf(anvil.rpcUrl);
  const gateway = await deployGateway(client);
  return { rpcUrl: anvil.rpcUrl, pid: anvil.pid, client, gateway, stop: anvil.stop };
}

export type TestClient = ReturnType<typeof clientOf>;

export const clientOf = (rpcUrl: string) =>
  createTestClient({ mode: "anvil", transport: http(rpcUrl), account: PAYER, pollingInterval: 20, cacheTime: 0 })
    .extend(publicActions)
    .extend(walletActions)
    .extend((client) => ({ waitForTransactionReceipt: ({ hash }: { hash: Hash }) => mined(client, hash) }));

/** viem looks again only with the next block, and on a chain that mines when it is sent something none may come. */
async function mined(client: Pick<PublicActions, "getTransactionReceipt">, hash: Hash): Promise<TransactionReceipt> {
  for (;;) {
    const receipt = await client.getTransactionReceipt({ hash }).catch((error) => {
      if (!(error instanceof TransactionReceiptNotFoundError)) throw error;
    });
    if (receipt) return receipt;
    await pause(20);
  }
}

/** An open id that nobody has paid yet. */
export function openId(label: string): Hex {
  return `0x00000000${keccak256(toHex(label)).slice(10)}`;
}

export type NativePayment = { sessionId: Hex; merchant?: Address; amountWei?: bigint };

/** Pays in the chain's coin and resolves with the receipt. */
export async function payNative(
  { client, gateway }: Pick<TestChain, "client" | "gateway">,
  { sessionId, merchant = MERCHANT, amountWei = 1_000n }: NativePayment,
) {
  const hash = await client.writeContract({
    chain: null,
    address: gateway.address,
    abi: paymentGatewayAbi,
    functionName: "payNativeFor",
    args: [sessionId, merchant],
    value: amountWei,
  });
  return client.waitForTransactionReceipt({ hash });
}

export async function deploy(client: TestClient, name: string, args: unknown[] = []) {
  const artifact = readArtifact(name);
  const made = artifact.abi.find(({ type }) => type === "constructor");
  const value = made?.type === "constructor" && made.stateMutability === "payable" ? 1n : 0n;
  const hash = await client.deployContract({ ...artifact, args, value, chain: null });
  const { contractAddress, blockNumber } = await client.waitForTransactionReceipt({ hash });
  return { address: contractAddress as Address, abi: artifact.abi, block: Number(blockNumber) };
}

async function deployGateway(client: TestClient): Promise<IndexedGateway> {
  const args = [PAYER.address, PAYER.address, 100];
  const { address, block } = await deploy(client, "contracts/PaymentGateway.sol/PaymentGateway", args);
  return { chainId: avalanche.id, address, startBlock: block };
}

function readArtifact(name: string): { abi: Abi; bytecode: Hex } {
  return JSON.parse(readFileSync(new URL(`../../artifacts/${name}.json`, import.meta.url), "utf8"));
}
