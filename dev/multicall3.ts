import { type Address, createTestClient, type Hex, http, publicActions } from "viem";

const MULTICALL3: Address = "0xcA11bde05977b3631167028862bE2a173976CA11";

/**
 * Multicall3 where every real chain has it. x402's facilitators ask through it why a payment was refused, and without
 * it every reason is "simulation failed".
 */
export async function installMulticall3(rpcUrl: string): Promise<void> {
  const client = createTestClient({ mode: "anvil", transport: http(rpcUrl) }).extend(publicActions);
  if (await client.getCode({ address: MULTICALL3 })) return;
  // A creation that is only called answers with the code that it would leave behind.
  const { data } = await client.call({ data: await creationCode() });
  await client.setCode({ address: MULTICALL3, bytecode: data as Hex });
}

/** viem carries the code for chains without the contract, but does not export it; its version is pinned. */
async function creationCode(): Promise<Hex> {
  const file = new URL("./constants/contracts.js", import.meta.resolve("viem"));
  return ((await import(file.href)) as { multicall3Bytecode: Hex }).multicall3Bytecode;
}
