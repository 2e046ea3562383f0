import { type Address, encodeFunctionData, type Hex, http, type LocalAccount, toHex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { settlementReceiverAbi, usdcAbi } from "../../contracts/abi.ts";
import { base } from "../../contracts/chains.ts";
import { type AnvilOptions, startAnvil } from "../../dev/anvil.ts";
import type { IndexedReceiver } from "../../dev/indexer/schema-name.ts";
import type { IndexerOptions } from "../../dev/indexer.ts";
import { installUsdc } from "../../dev/usdc.ts";
import { type Authorization, argsOf, authorizationData, freshNonce } from "../contracts/receiver/authorization.ts";
import { clientOf, deploy, PAYER, type TestChain, type TestClient } from "./chain.ts";

export const TREASURY: Address = "0x00000000000000000000000000000000000bea5e";
export const USDC = { address: base.usdc.address, name: base.usdc.name, chainId: base.id };

const FUNDS = 1_000_000_000n;
/** What the receiver keeps for refunds, besides one unit; the rest can be swept. */
export const REFUND_LIMIT = 1_000n;

export type TestBase = Awaited<ReturnType<typeof startTestBase>>;

/** Signs and never sends: whoever carries the authorization to the chain pays the gas. */
export const payerNo = (index: number): LocalAccount => privateKeyToAccount(toHex(0xbeef_0000 + index, { size: 32 }));

/** An anvil with Circle's USDC and the real receiver on it, a block per transaction unless told otherwise. */
export async function startTestBase(options: Partial<AnvilOptions> = {}) {
  const anvil = await startAnvil({ chainId: base.id, ...options });
  const client = clientOf(anvil.rpcUrl);
  const usdc = await installUsdc({ transport: http(anvil.rpcUrl), mode: "anvil" });
  for (const index of [1, 2, 3]) await usdc.mint(payerNo(index).address, FUNDS);
  const receiver = await deployReceiver(client);
  return { rpcUrl: anvil.rpcUrl, pid: anvil.pid, client, usdc, receiver, stop: anvil.stop };
}

/** What the indexer is given to follow both chains. */
export const following = (
  { gateway, rpcUrl }: Pick<TestChain, "gateway" | "rpcUrl">,
  onBase: Pick<TestBase, "receiver" | "rpcUrl">,
) =>
  ({
    receiver: onBase.receiver,
    rpcUrls: new Map([
      [gateway.chainId, [rpcUrl]],
      [onBase.receiver.chainId, [onBase.rpcUrl]],
    ]),
  }) satisfies Partial<IndexerOptions>;

type Wish = Partial<Pick<Authorization, "nonce" | "signature" | "from" | "validBefore">> & {
  amount?: bigint;
  payer?: LocalAccount;
};

/** An authorization of any time, for the receiver. */
export async function authorize({ receiver }: Pick<TestBase, "receiver">, wish: Wish = {}): Promise<Authorization> {
  const { payer = payerNo(1), amount = 5n, nonce = freshNonce(), from = payer.address, validBefore = 2n ** 48n } = wish;
  const terms = { from, value: amount, validAfter: 0n, validBefore, nonce };
  const data = authorizationData(USDC, { ...terms, to: receiver.address });
  return { ...terms, signature: wish.signature ?? (await payer.signTypedData(data)) };
}

/** The call of USDC that anybody may send. */
export const carried = ({ receiver }: Pick<TestBase, "receiver">, authorization: Authorization): Hex => {
  const [from, ...rest] = argsOf(authorization);
  const args = [from, receiver.address, ...rest] as const;
  return encodeFunctionData({ abi: usdcAbi, functionName: "transferWithAuthorization", args });
};

export const settleCall = (authorization: Authorization): Hex =>
  encodeFunctionData({ abi: settlementReceiverAbi, functionName: "settle", args: argsOf(authorization) });

/** Sends from a stranger and resolves with the receipt of what must not have failed. */
export async function send({ client }: Pick<TestBase, "client">, to: Address, data: Hex) {
  const hash = await client.sendTransaction({ to, data, chain: null });
  const receipt = await client.waitForTransactionReceipt({ hash });
  if (receipt.status !== "success") throw new Error(`${hash} was reverted`);
  return receipt;
}

/** The usual payment: signed by the payer, carried to USDC by a stranger. */
export async function settle(onBase: Pick<TestBase, "client" | "receiver">, wish: Wish = {}) {
  const authorization = await authorize(onBase, wish);
  const { transactionHash, blockNumber } = await send(onBase, USDC.address, carried(onBase, authorization));
  return { payer: authorization.from, nonce: authorization.nonce, transactionHash, blockNumber };
}

async function deployReceiver(client: TestClient): Promise<IndexedReceiver> {
  const args = [PAYER.address, TREASURY, PAYER.address, REFUND_LIMIT];
  const { address, block } = await deploy(client, "contracts/SettlementReceiver.sol/SettlementReceiver", args);
  return { chainId: base.id, address, startBlock: block };
}
