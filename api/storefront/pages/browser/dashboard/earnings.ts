import { el } from "../dom.ts";
import { chart } from "./chart.ts";
import { download } from "./download.ts";
import { loaded } from "./loaded.ts";
import { amountOf, type MaskedApi, pathOf } from "./masked-api.ts";
import { pageQuery, pager } from "./pager.ts";
import type { Desk } from "./panel.ts";
import { count, facts, moment, shortened } from "./shown.ts";
import { table } from "./table.ts";
import { learnTokens, tokenOf } from "./tokens.ts";

type Sums = { token_address: string; sessions: number; payers: number; gross_wei: string };
type Totals = { data: { calls: number; totals: Sums[] } };
type Days = { data: { days: { day: string; calls: number; sales: Sums[] }[] } };
type Payers = { data: { payers: Payer[] }; meta: { total: number; next: string | null } };
type Payer = { payer: string; token_address: string; sessions: number; gross_wei: string; last_at: string };

const LIMIT = 10;

/** What an API has brought in: in all, by day and by payer; and the same to take along. */
export async function earnings(desk: Desk, api: MaskedApi): Promise<Node[]> {
  const path = `${pathOf(api)}/earnings`;
  const payers = el("div", { tabindex: -1 });
  const turn = (offset: number): Promise<void> =>
    loaded(payers, () => payersPage(desk, { path, offset, go: (to) => void turn(to) }));
  const [all, byDay] = await Promise.all([
    desk.account.ask<Totals>("GET", path),
    desk.account.ask<Days>("GET", `${path}?by=day`),
    turn(0),
  ]);
  await learnTokens(
    desk,
    all.data.totals.map(({ token_address }) => token_address),
  );
  return [
    totalsOf(desk, all.data),
    el(
      "p",
      { class: "quietly" },
      "Before the gateway's fee. Days are in UTC; calls are counted with a delay of seconds.",
    ),
    el("div", { class: "charts" }, ...chartsOf(desk, byDay.data.days)),
    el("h4", {}, "Payers"),
    payers,
    el(
      "div",
      { class: "row" },
      ...CSV.map(([label, query]) => download(desk.account, { label, path: `${path}?${query}` })),
    ),
  ];
}

const CSV = [
  ["Sales as CSV", "format=csv"],
  ["Days as CSV", "by=day&format=csv"],
  ["Payers as CSV", "by=payer&format=csv"],
] as const;

function totalsOf(desk: Desk, { calls, totals }: Totals["data"]): Node {
  const earned = totals.map(({ token_address, gross_wei, sessions, payers }) => {
    const amount = amountOf(BigInt(gross_wei), tokenOf(desk, token_address));
    return el("div", {}, el("strong", {}, amount), ` in ${count(sessions, "payment")} of ${count(payers, "payer")}`);
  });
  return facts(
    ["Paid calls", calls.toLocaleString("en")],
    ["Earned", earned.length > 0 ? el("div", {}, ...earned) : "nothing yet"],
  );
}

function chartsOf(desk: Desk, days: Days["data"]["days"]): Node[] {
  const tokens = [...new Set(days.flatMap(({ sales }) => sales.map(({ token_address }) => token_address)))];
  const callsChart = chart({
    title: "Paid calls",
    words: (value) => value.toLocaleString("en"),
    points: days.map(({ day, calls }) => ({ day, value: BigInt(calls) })),
  });
  const earned = tokens.map((address) => {
    const token = tokenOf(desk, address);
    const sumOn = (sales: readonly Sums[]) =>
      sales.reduce((sum, sale) => sum + (sale.token_address === address ? BigInt(sale.gross_wei) : 0n), 0n);
    return chart({
      title: `Earned in ${token.symbol}`,
      words: (value) => amountOf(value, token),
      points: days.map(({ day, sales }) => ({ day, value: sumOn(sales) })),
    });
  });
  return [...earned, callsChart];
}

type Turn = { path: string; offset: number; go(offset: number): void };

async function payersPage(desk: Desk, { path, offset, go }: Turn): Promise<Node[]> {
  const page = { limit: LIMIT, offset };
  const { data: found, meta } = await desk.account.ask<Payers>("GET", `${path}?by=payer&${pageQuery(page)}`);
  const { payers } = found;
  await learnTokens(
    desk,
    payers.map(({ token_address }) => token_address),
  );
  if (meta.total === 0) return [el("p", { class: "quietly" }, "Nobody has paid yet.")];
  return [
    table(
      "Payers",
      COLUMNS,
      payers.map((payer) => rowOf(desk, payer)),
    ),
    ...pager({ ...page, shown: payers.length, hasNext: meta.next !== null, of: "payers", total: meta.total, go }),
  ];
}

const COLUMNS = [
  { head: "Payer" },
  { head: "Paid", isNumber: true },
  { head: "Payments", isNumber: true },
  { head: "Last" },
];

const rowOf = (desk: Desk, { payer, token_address, sessions, gross_wei, last_at }: Payer) => [
  shortened(payer),
  amountOf(BigInt(gross_wei), tokenOf(desk, token_address)),
  sessions.toLocaleString("en"),
  moment(last_at),
];
