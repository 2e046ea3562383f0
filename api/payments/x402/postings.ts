import { emitted } from "../../events.ts";
import { type AccountId, HOUSE } from "../../ledger.ts";
import { type Change, type Destination, destinationOf, type PaidOrder } from "./order.ts";

export type Statement = { readonly name: string; readonly text: string; readonly values: readonly unknown[] };

/**
 * `change`, which gives the changed order, together with the posting of where that takes its money: both or neither. The
 * row then has `lost`, what the chain took back of a customer who had spent it. A change that moves nothing stays alone.
 */
export function posted(change: Statement, order: PaidOrder, { at, ...what }: Change & { at: Date }): Statement {
  const to = destinationOf(what);
  if (to === undefined) return change;
  const values = [...change.values, accountOf(to), kindOf(to), at];
  const n = change.values.length;
  if (typeof to === "string") return { name: `${change.name}-and-post`, text: around(change.text, n), values };
  return {
    name: `${change.name}-and-top-up`,
    text: around(change.text, n, told(n)),
    values: [...values, ...topUp(order, at)],
  };
}

function accountOf(to: Destination): AccountId | number | null {
  if (typeof to === "object") return to.accountId;
  return to === "payer" ? null : HOUSE[to];
}

const KINDS = { chain: "reversal", escrow: "payment", sales: "capture", payer: "credit" } as const;

const kindOf = (to: Destination): string => (typeof to === "object" ? "topup" : KINDS[to]);

const around = (text: string, n: number, more = "") => `
  with changed as (${text})
  select changed.*, app.x402_move(changed.id, changed.version,
    coalesce($${n + 1}::bigint, app.open_account(changed.payer, changed.chain_id)), $${n + 2}, changed.settled_micro_usd,
    changed.sale_id, changed.payer, changed.chain_id, $${n + 3}::timestamptz) as lost${more}
  from changed`;

const told = (n: number) => `, (
    select app.emit($${n + 4}, $${n + 5}, address, chain_id, $${n + 6}, $${n + 3}::timestamptz)
    from app.account where account_id = $${n + 1}) as told`;

/** Whose account it is only the statement knows. */
function topUp(order: PaidOrder, at: Date): unknown[] {
  const amount = (order.settledMicroUsd as bigint).toString();
  const data = { order_id: order.id, amount_micro_usd: amount, payer: order.payer, transaction: order.txHash };
  const [id, type, , , body] = emitted({ type: "topup.credited", owner: "", data, at, id: `topup:${order.id}` });
  return [id, type, body];
}
