import { createPublicClient, getAbiItem, http, type PublicClient } from "viem";
import { usdcAbi } from "../../contracts/abi.ts";
import { base } from "../../contracts/chains.ts";

export type Ledger = { readonly client: PublicClient; readonly payTo: `0x${string}` };

export const ledgerOf = (rpcUrl: string, payTo: `0x${string}`): Ledger => ({
  client: createPublicClient({ transport: http(rpcUrl), pollingInterval: 50, cacheTime: 0 }),
  payTo,
});

/** Payments that arrived after `block`, and what gas each cost on the average. */
export async function paidSince({ client, payTo }: Ledger, block: bigint): Promise<{ count: number; gasEach: number }> {
  const event = getAbiItem({ abi: usdcAbi, name: "Transfer" });
  const address = base.tokens.USDC as `0x${string}`;
  const logs = await client.getLogs({ address, event, args: { to: payTo }, fromBlock: block + 1n });
  const hashes = new Set(logs.map(({ transactionHash }) => transactionHash));
  const receipts = await Promise.all([...hashes].map((hash) => client.getTransactionReceipt({ hash })));
  const gas = receipts.reduce((sum, { gasUsed }) => sum + Number(gasUsed), 0);
  return { count: logs.length, gasEach: Math.round(gas / logs.length) };
}
