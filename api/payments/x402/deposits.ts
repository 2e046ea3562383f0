import { randomUUID } from "node:crypto";
import { nowSec } from "../../clock.ts";
import type { Deps, Receiver } from "../../deps.ts";
import { emit } from "../../events.ts";
import { type Mark, readTransfers, type Transfer } from "../../indexed/transfers.ts";
import { causeOfTransfer } from "../../ledger/statement.ts";
import { deposit, openAccount, type Queryable } from "../../ledger.ts";
import { UNCLAIMED_AFTER_SEC } from "../../limits.ts";
import { payKeyOf } from "./match.ts";

export type DepositDeps = Pick<Deps, "db" | "clock"> & {
  readonly receiver: Receiver;
  /** What the operator has given back on chain is not credited as well. */
  isRefunded(payer: Transfer["payer"], nonce: NonNullable<Transfer["nonce"]>): Promise<boolean>;
};

/** What a deposit is called on the account that it is credited to. */
export const DEPOSIT = "balance.deposit";

const PAGE = 1_000;
const START: Mark = { block: -1n, logIndex: 0 };

/**
 * Credits what reached the receiver for nothing in particular to who sent it, once it is final: plain transfers, and
 * authorizations that nobody has sent us in time. Each round goes on where the one before it ended; a new process
 * begins at the beginning, so that nothing is missed, and posts nothing twice, since causes and pay keys are unique.
 */
export function createDeposits(deps: DepositDeps): () => Promise<void> {
  const plain = createWalk(deps, { isPlain: true, ageSec: 0, take: creditTransfer });
  const unclaimed = createWalk(deps, { isPlain: false, ageSec: UNCLAIMED_AFTER_SEC, take: creditUnclaimed });
  return async () => {
    await plain();
    await unclaimed();
  };
}

type Walk = {
  readonly isPlain: boolean;
  readonly ageSec: number;
  take(deps: DepositDeps, transfer: Transfer): Promise<void>;
};

function createWalk(deps: DepositDeps, { isPlain, ageSec, take }: Walk): () => Promise<void> {
  const { db, clock, receiver } = deps;
  const { id: chainId, finalBlocks } = receiver.chain;
  let after = START;
  return async () => {
    for (;;) {
      const query = { chainId, after, finalBlocks, untilSec: nowSec(clock) - ageSec, isPlain, most: PAGE };
      const transfers = await readTransfers(db.pool, query);
      for (const transfer of transfers) {
        if (transfer.amount > 0n) await take(deps, transfer);
        after = { block: transfer.blockNumber, logIndex: transfer.logIndex };
      }
      if (transfers.length < PAGE) return;
    }
  };
}

function creditTransfer({ db, clock }: DepositDeps, transfer: Transfer): Promise<void> {
  const { payer, chainId, amount } = transfer;
  const at = new Date(clock.nowMs());
  const cause = causeOfTransfer(transfer);
  return db.transaction(async (client) => {
    const accountId = await openAccount(client, { address: payer, chainId });
    const credit = { cause, accountId, payer, chainId, amountMicroUsd: amount, item: DEPOSIT, at };
    if (await deposit(client, credit)) await tell(client, transfer, { cause, at });
  });
}

/** The order is made as if it had been bought and failed: from then on the authorization cannot be claimed any more. */
async function creditUnclaimed({ db, clock, receiver, isRefunded }: DepositDeps, transfer: Transfer): Promise<void> {
  const { payer, chainId, amount, txHash, blockTime } = transfer;
  const nonce = transfer.nonce as NonNullable<Transfer["nonce"]>;
  const { caip2, usdc } = receiver.chain;
  const { rowCount } = await db.pool.query({ name: "x402-claimed", text: CLAIMED, values: [chainId, payer, nonce] });
  if (rowCount !== 0 || (await isRefunded(payer, nonce))) return;
  const at = new Date(clock.nowMs());
  const id = randomUUID();
  const payKey = payKeyOf({ network: caip2, asset: usdc.address, payer, nonce });
  const place = [id, payKey, DEPOSIT, payer, chainId, receiver.address.toLowerCase(), nonce];
  await db.transaction(async (client) => {
    const values = [...place, blockTime, amount.toString(), txHash, at];
    const added = await client.query({ name: "x402-unclaimed", text: UNCLAIMED, values });
    if (added.rowCount === 1) await tell(client, transfer, { cause: `topup:${id}`, orderId: id, at });
  });
}

type Told = { readonly cause: string; readonly orderId?: string; readonly at: Date };

function tell(
  on: Queryable,
  { payer, chainId, amount, txHash }: Transfer,
  { cause, orderId, at }: Told,
): Promise<void> {
  const data = { order_id: orderId ?? null, amount_micro_usd: amount.toString(), payer, transaction: txHash };
  return emit(on, { type: "topup.credited", owner: { address: payer, chainId }, data, at, id: cause });
}

const CLAIMED = "select 1 from app.x402_order where chain_id = $1 and payer = $2 and nonce = $3 limit 1";
const UNCLAIMED = `
  with added as (
    insert into app.x402_order
      (id, pay_key, sale_id, fingerprint, payer, chain_id, pay_to, nonce, valid_before_sec, price_micro_usd, payload,
       input, state, version, tx_hash, settled_micro_usd, is_final, looks, created_at)
    values ($1, $2, $3, '', $4, $5, $6, $7, $8, $9::numeric, '{}', '{}', 'credited', 0, $10, $9::numeric, true, 0, $11)
    on conflict do nothing returning *)
  select app.x402_move(id, version, app.open_account(payer, chain_id), 'deposit', settled_micro_usd, sale_id, payer,
    chain_id, $11::timestamptz)
  from added`;
