import { type Address, getAbiItem, type Hash, type Hex, isAddressEqual, type PublicClient } from "viem";
import { usdcAbi } from "../../contracts/abi.ts";
import { authorizedTransfer } from "../../contracts/authorized-transfer.ts";
import type { ReceiverChain } from "../../contracts/chains.ts";
import type { IndexedSettlement, SettlementQuery } from "../indexed.ts";
import type { Look } from "./nodes.ts";

const used = getAbiItem({ abi: usdcAbi, name: "AuthorizationUsed" });
const transfer = getAbiItem({ abi: usdcAbi, name: "Transfer" });

type Place = { blockHash: Hash; transactionHash: Hash; logIndex: number };

/** The transfer to the receiver that one authorization made, as the index would tell it. */
export const settlementLogs =
  (chain: ReceiverChain, receiver: Address, query: SettlementQuery): Look<IndexedSettlement | undefined> =>
  async (client, spans) => {
    const { address } = chain.usdc;
    // viem refuses addresses in odd letter cases, and compares what it got with what it asked for letter by letter.
    const payer = query.payer.toLowerCase() as Address;
    const nonce = query.nonce.toLowerCase() as Hex;
    const args = { authorizer: payer, nonce };
    const asked = spans.map((span) => client.getLogs({ address, event: used, args, ...span, strict: true }));
    const use = (await Promise.all(asked)).flat()[0];
    if (!use) return undefined;
    const moved = await transferAfter({ client, address }, payer, use);
    if (!isAddressEqual(moved.args.to, receiver)) return undefined;
    const { timestamp } = await client.getBlock({ blockHash: use.blockHash });
    return settlementOf(chain, { payer, nonce, moved, timestamp });
  };

/**
 * The same from one transaction alone, if it is mined and holds the transfer: one question, two where a node tells no
 * times with its logs.
 */
export const settlementIn =
  (chain: ReceiverChain, receiver: Address, { reportedTxHash: hash, ...query }: Reported) =>
  async (client: PublicClient): Promise<IndexedSettlement | undefined> => {
    const { logs } = await client.getTransactionReceipt({ hash });
    const [payer, nonce] = [query.payer.toLowerCase() as Address, query.nonce.toLowerCase() as Hex];
    const moved = authorizedTransfer(logs, { usdc: chain.usdc.address, payer, nonce });
    if (!moved || !isAddressEqual(moved.args.to, receiver)) return undefined;
    const { blockTimestamp = (await client.getBlock({ blockHash: moved.blockHash })).timestamp } = moved;
    return settlementOf(chain, { payer, nonce, moved, timestamp: blockTimestamp });
  };

type Reported = SettlementQuery & { reportedTxHash: Hash };

type Moved = {
  payer: Address;
  nonce: Hex;
  moved: { transactionHash: Hash; logIndex: number; blockNumber: bigint; args: { value: bigint } };
  timestamp: bigint;
};

const settlementOf = ({ id }: ReceiverChain, { payer, nonce, moved, timestamp }: Moved): IndexedSettlement => ({
  chainId: id,
  txHash: moved.transactionHash,
  logIndex: moved.logIndex,
  payer,
  nonce,
  amount: moved.args.value,
  blockNumber: moved.blockNumber,
  blockTime: Number(timestamp),
});

/** USDC logs the transfer directly after the use of its authorization. */
async function transferAfter(usdc: { client: PublicClient; address: Address }, payer: Address, use: Place) {
  const { client, address } = usdc;
  const { blockHash } = use;
  const logs = await client.getLogs({ address, event: transfer, args: { from: payer }, blockHash, strict: true });
  const moved = logs.find(
    ({ transactionHash, logIndex }) => transactionHash === use.transactionHash && logIndex === use.logIndex + 1,
  );
  // The block has left the chain since: what this node tells is of two moments.
  if (!moved) throw new Error(`no transfer after the authorization's use in ${use.transactionHash}`);
  return moved;
}
