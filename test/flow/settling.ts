import type { PaymentPayload, PaymentRequirements } from "@x402/core/types";
import { type Address, type Hex, type LocalAccount, parseGwei, toHex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { beforeEach, inject } from "vitest";
import { type Clock, systemClock } from "../../api/clock.ts";
import { type Db, openDb } from "../../api/db.ts";
import { openChain } from "../../api/providers/chain.ts";
import { type Facilitator, openFacilitator } from "../../api/providers/facilitator.ts";
import { usdcAbi } from "../../contracts/abi.ts";
import { base } from "../../contracts/chains.ts";
import { installMulticall3 } from "../../dev/multicall3.ts";
import { type Authorization, typedDataOf } from "../api/x402/payer.ts";
import { startTestBase, type TestBase } from "../indexer/base.ts";
import { freshDatabase } from "../support/database.ts";

/** An in-process facilitator on a real chain, without the rest of the house. */
export type Settling = {
  readonly onBase: TestBase;
  readonly settler: Address;
  readonly logs: string[];
  facilitator: Facilitator;
  /** Another process with the same key. */
  another(options?: Other): Promise<Facilitator>;
  /** Signs a payment of 5 units to the receiver. */
  payment(wish?: Wish): Promise<Payment>;
  stop(): Promise<void>;
};

export type Other = { rpcUrl?: string; clock?: Clock; key?: Hex; maxFeeWei?: bigint };
export type Payment = { payload: PaymentPayload; requirements: PaymentRequirements; authorization: Authorization };
export type Wish = { payer?: LocalAccount; from?: Address; value?: bigint; wrap?: (signature: Hex) => Hex };

/** Ten thousand of them hold USDC. */
export const payerNo = (index: number): LocalAccount => privateKeyToAccount(toHex(0xfee_0000 + index, { size: 32 }));

/** A day of the sender's in under two minutes. */
export const hurriedClock = (times: number): Clock => {
  const startMs = Date.now();
  return {
    nowMs: () => startMs + (Date.now() - startMs) * times,
    sleep: (ms, signal) => systemClock.sleep(ms / times, signal),
  };
};

type Moved = { received: bigint; sent: number };

/** Tells what has moved since the test began: USDC to the receiver, and transactions of the settler. */
export function movedInTest(settling: () => Settling): () => Promise<Moved> {
  const now = async (): Promise<Moved> => {
    const { onBase, settler } = settling();
    const balance = { address: base.usdc.address, abi: usdcAbi, functionName: "balanceOf" } as const;
    return {
      received: await onBase.client.readContract({ ...balance, args: [onBase.receiver.address] }),
      sent: await onBase.client.getTransactionCount({ address: settler }),
    };
  };
  let before: Moved = { received: 0n, sent: 0 };
  beforeEach(async () => {
    before = await now();
  });
  return async () => {
    const { received, sent } = await now();
    return { received: received - before.received, sent: sent - before.sent };
  };
}

export async function startSettling(): Promise<Settling> {
  const databaseUrl = await freshDatabase(inject("pgUrl"));
  const onBase = await startTestBase();
  await installMulticall3(onBase.rpcUrl);
  const key: Hex = toHex(0x5e771e0, { size: 32 });
  const settler = privateKeyToAccount(key).address;
  await onBase.client.setBalance({ address: settler, value: 10n ** 20n });
  const logs: string[] = [];
  const log = { warn: (fields: object, message: string) => void logs.push(JSON.stringify({ ...fields, message })) };
  const dbs: Db[] = [];
  const opened: Facilitator[] = [];
  const open = async (options: Other = {}) => {
    const { rpcUrl = onBase.rpcUrl, clock = systemClock, key: other = key, maxFeeWei = parseGwei("5") } = options;
    const db = await openDb(databaseUrl, log as never);
    dbs.push(db);
    const reader = openChain(base, [rpcUrl]);
    const receiver = onBase.receiver.address;
    const facilitator = openFacilitator({
      facilitatorUrl: undefined,
      facilitatorAuthorization: undefined,
      settlerKey: other,
      maxFeeWei,
      reader,
      receiver,
      db,
      clock,
      log,
    });
    opened.push(facilitator);
    return facilitator;
  };
  return {
    onBase,
    settler,
    logs,
    facilitator: await open(),
    another: open,
    payment: (wish) => paymentOf(onBase, wish),
    stop: async () => {
      await Promise.all(opened.map((one) => one.close()));
      await Promise.all(dbs.map((db) => db.close()));
      await onBase.stop();
    },
  };
}

let nonces = 0;

async function paymentOf(
  { receiver }: TestBase,
  { payer = payerNo(0), from = payer.address, value = 5n, wrap }: Wish = {},
) {
  const authorization: Authorization = {
    from,
    to: receiver.address,
    value: value.toString(),
    validAfter: "0",
    validBefore: String(Math.floor(Date.now() / 1000) + 3_600),
    nonce: toHex(0xabc_0000 + nonces++, { size: 32 }),
  };
  const plain = await payer.signTypedData(typedDataOf(authorization));
  const requirements: PaymentRequirements = {
    scheme: "exact",
    network: base.caip2,
    asset: base.usdc.address,
    payTo: receiver.address,
    amount: value.toString(),
    maxTimeoutSeconds: 300,
    extra: { name: base.usdc.name, version: base.usdc.version },
  };
  const signature = wrap ? wrap(plain) : plain;
  const payload = { x402Version: 2, accepted: requirements, payload: { authorization, signature } };
  return { payload, requirements, authorization };
}
