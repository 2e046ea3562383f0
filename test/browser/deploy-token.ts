import { readFileSync } from "node:fs";
import path from "node:path";
import { type Abi, type Address, createPublicClient, createWalletClient, getAddress, type Hex } from "viem";
import { payer } from "../../dev/accounts.ts";
import { anvilHttp } from "../../dev/anvil-http.ts";
import type { DevJson } from "../../dev/dev-json.ts";

const ARTIFACT = path.resolve(import.meta.dirname, "../../artifacts/test/mocks/DemoToken.sol/DemoToken.json");

/** A token that the shop has never heard of: 18 decimals, with permit, nobody has any. */
export async function deployToken({ chains }: DevJson, name: string, symbol: string): Promise<Address> {
  const transport = anvilHttp(chains["43114"]?.rpc);
  const { abi, bytecode } = JSON.parse(readFileSync(ARTIFACT, "utf8")) as { abi: Abi; bytecode: Hex };
  const wallet = createWalletClient({ account: payer, transport });
  const hash = await wallet.deployContract({ abi, bytecode, args: [name, symbol], chain: null });
  const chain = createPublicClient({ transport, pollingInterval: 100 });
  const { contractAddress } = await chain.waitForTransactionReceipt({ hash });
  return getAddress(contractAddress as Address);
}
