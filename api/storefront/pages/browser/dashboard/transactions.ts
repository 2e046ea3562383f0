import { el } from "../dom.ts";
import { itemName } from "./item-name.ts";
import { loaded } from "./loaded.ts";
import { pageQuery, pager } from "./pager.ts";
import type { Desk } from "./panel.ts";
import { dollars, empty, moment, shortened } from "./shown.ts";
import { table } from "./table.ts";

type Statement = { total: number; next: string | null; transactions: Entry[] };
type Entry = {
  kind: string;
  amount_micro_usd: string;
  item: string | null;
  created_at: string;
  transaction: string | null;
};

const LIMIT = 20;

const KINDS: Record<string, string> = {
  deposit: "Deposit",
  topup: "Top-up",
  credit: "Credit",
  purchase: "Purchase",
  refund: "Refund",
  reversal: "Taken back by the chain",
};

const COLUMNS = [{ head: "What" }, { head: "Amount", isNumber: true }, { head: "When" }, { head: "On chain" }];

/** Where every micro-dollar came from and went. */
export function transactionList(desk: Desk): { element: HTMLElement; open(): Promise<void> } {
  const list = el("div", { tabindex: -1 });
  const turn = (offset: number): Promise<void> =>
    loaded(list, () => transactionsPage(desk, { offset, go: (to) => void turn(to) }));
  return { element: el("section", {}, el("h3", {}, "Transactions"), list), open: () => turn(0) };
}

type Turn = { offset: number; go(offset: number): void };

async function transactionsPage(desk: Desk, { offset, go }: Turn): Promise<Node[]> {
  const page = { limit: LIMIT, offset };
  const path = `/api/v1/transactions?${pageQuery(page)}`;
  const { total, next, transactions } = await desk.account.ask<Statement>("GET", path);
  if (total === 0) return [nothingYet(desk)];
  return [
    table(
      "Transactions",
      COLUMNS,
      transactions.map((entry) => rowOf(desk, entry)),
    ),
    ...pager({ ...page, shown: transactions.length, hasNext: next !== null, of: "transactions", total, go }),
  ];
}

function nothingYet({ data: { paidOn, receiver } }: Desk): Node {
  const words = "Top up with your wallet. What you pay for and cannot have comes here, too.";
  if (!paidOn || !receiver) return empty("No transactions yet", "Nothing is sold for a balance here.");
  const sent = `USDC that you just send on ${paidOn.name} is yours to spend once it is final; send it to `;
  return empty("No transactions yet", words, el("br"), sent, el("code", {}, receiver));
}

const rowOf = ({ data }: Desk, { kind, amount_micro_usd, item, created_at, transaction }: Entry): (Node | string)[] => [
  kind === "topup" || item === null ? (KINDS[kind] ?? kind) : `${KINDS[kind] ?? kind}: ${itemName(data, item)}`,
  dollars(BigInt(amount_micro_usd), { signed: true }),
  moment(created_at),
  transaction ? onChain(transaction, data.paidOn?.explorerUrl) : "",
];

function onChain(txHash: string, explorerUrl: string | null | undefined): Node {
  if (!explorerUrl) return shortened(txHash);
  return el("a", { href: `${explorerUrl}/tx/${txHash}`, rel: "noreferrer", target: "_blank" }, shortened(txHash));
}
