import { byId, el } from "../dom.ts";
import { itemName } from "./item-name.ts";
import { loaded } from "./loaded.ts";
import { afterwards, type Desk, type Panel } from "./panel.ts";
import { dollars, microUsdOf, moment } from "./shown.ts";
import { topUp } from "./top-up.ts";
import { transactionList } from "./transactions.ts";

type Balance = { balance_micro_usd: string; credits: Credit[] };
type Credit = { order_id: string; amount_usd: number; item: string; created_at: string };

/** What the wallet has, and how it came to be. */
export function balancePanel(desk: Desk): Panel {
  const list = byId("balance-list");
  const transactions = transactionList(desk);
  const open = () =>
    loaded(list, async () => {
      const [{ balance_micro_usd, credits }] = await Promise.all([
        desk.account.ask<Balance>("GET", "/api/v1/balance"),
        transactions.open(),
      ]);
      return [sum(BigInt(balance_micro_usd)), ...creditsNote(desk, credits), transactions.element];
    });
  byId("top-up").hidden = !desk.data.paidOn;
  byId("top-up").onclick = () => void afterwards(topUp(desk), open);
  return { open };
}

const sum = (microUsd: bigint): Node =>
  el(
    "div",
    { class: "card" },
    el("p", { class: "price" }, dollars(microUsd)),
    el("p", { class: "quietly" }, "to spend with your API keys, on everything that has a price"),
  );

function creditsNote({ data }: Desk, credits: readonly Credit[]): Node[] {
  if (credits.length === 0) return [];
  const items = credits.map(({ amount_usd, item, created_at }) =>
    el("li", {}, `${dollars(microUsdOf(amount_usd))} for ${itemName(data, item)}, `, moment(created_at)),
  );
  return [
    el("h3", {}, "Paid for, and not had"),
    el("p", {}, "This could not be delivered. What was paid is on your balance instead:"),
    el("ul", {}, ...items),
  ];
}
