import { randomInt } from "node:crypto";
import type { Activation } from "./books.ts";
import { cancel, deliver, finish, type Life, passTime } from "./life.ts";
import { COUNTRIES, SERVICES, type Shelf } from "./shelves.ts";

/** When the next texts come: after so many seconds, at once, never, or only when the number has been taken back. */
export type CodePlan = "now" | "never" | "late" | number;

export type ShopDeps = Life & { shelves: Shelf[] };

type Wanted = { service: string; country: string; maxMicroUsd: bigint | undefined };
export type Sold =
  | { kind: "sold"; activation: Activation }
  | { kind: "bad_service" | "no_numbers" | "no_balance" }
  | { kind: "too_dear"; costMicroUsd: bigint };

export type Shop = ReturnType<typeof openShop>;

/** What the supplier does, whoever asks. Time passes when somebody asks: nothing here runs by itself. */
export function openShop(deps: ShopDeps) {
  const { books } = deps;
  const plans: CodePlan[] = [];
  const timely = <T>(work: () => T): T =>
    books.atOnce(() => {
      passTime(deps);
      return work();
    });
  const to = <T>(id: string, work: (one: Activation) => T): T =>
    timely(() => {
      const one = books.find(id);
      if (!one) throw new Error(`there is no activation ${id}`);
      return work(one);
    });
  return {
    shelves: () => timely(() => stock(deps)),
    sell: (wanted: Wanted) => timely(() => sell(deps, wanted, plans)),
    find: (id: string) => timely(() => books.find(id)),
    cancel: (id: string) => to(id, (one) => cancel(deps, one)),
    deliver: (id: string, text: string) => to(id, (one) => deliver(deps, one, text)),
    finish: (id: string) => to(id, (one) => finish(deps, one)),
    askAgain: (id: string) => to(id, (one) => askAgain(deps, one, plans)),
    activations: () => timely(() => books.all()),
    balanceMicroUsd: () => timely(() => books.balanceMicroUsd()),
    plan: (plan: CodePlan, times: number) => void plans.push(...Array<CodePlan>(times).fill(plan)),
    forgetPlans: () => void plans.splice(0),
  };
}

/** What is left: a number that is in use is not there. */
function stock({ books, shelves }: ShopDeps): Shelf[] {
  const inUse = new Map<string, number>();
  const place = ({ service, country }: Pick<Shelf, "service" | "country">) => `${service} ${country}`;
  for (const one of books.open()) inUse.set(place(one), (inUse.get(place(one)) ?? 0) + 1);
  return shelves.map((shelf) => ({ ...shelf, stock: Math.max(0, shelf.stock - (inUse.get(place(shelf)) ?? 0)) }));
}

function sell(deps: ShopDeps, { service, country, maxMicroUsd }: Wanted, plans: CodePlan[]): Sold {
  const { books, clock } = deps;
  const shelf = stock(deps).find((one) => one.service === service && one.country === country);
  if (!shelf) return { kind: "bad_service" };
  const { costMicroUsd } = shelf;
  if (shelf.stock === 0) return { kind: "no_numbers" };
  if (maxMicroUsd !== undefined && maxMicroUsd < costMicroUsd) return { kind: "too_dear", costMicroUsd };
  if (books.balanceMicroUsd() < costMicroUsd) return { kind: "no_balance" };
  const boughtAtMs = clock.nowMs();
  const { codeDueAtMs, comesLate } = planned(plans.shift() ?? usual(service), boughtAtMs);
  const phoneNumber = freeNumber(country, new Set(books.open().map((one) => one.phoneNumber)));
  const state = "waiting";
  const sold = { service, country, phoneNumber, costMicroUsd, state, boughtAtMs, codeDueAtMs, comesLate } as const;
  const activation = books.add(sold);
  books.enter(`sale:${activation.id}`, -costMicroUsd);
  return { kind: "sold", activation };
}

/** False: it has no text yet, or is over. */
function askAgain({ books, clock }: ShopDeps, { id, state, service }: Activation, plans: CodePlan[]): boolean {
  if (state !== "received") return false;
  const { codeDueAtMs } = planned(plans.shift() ?? usual(service), clock.nowMs());
  books.change(id, { state: "again", codeDueAtMs });
  return true;
}

const usual = (service: string): CodePlan => SERVICES[service]?.codeAfterSec ?? "never";

function planned(plan: CodePlan, nowMs: number): Pick<Activation, "codeDueAtMs" | "comesLate"> {
  if (plan === "never" || plan === "late") return { codeDueAtMs: undefined, comesLate: plan === "late" };
  return { codeDueAtMs: nowMs + (plan === "now" ? 0 : plan * 1000), comesLate: false };
}

/** No country has numbers that begin with zeros after its own code: nobody can be reached at these. */
function freeNumber(country: string, inUse: ReadonlySet<string>): string {
  const start = `${COUNTRIES[country]?.dialCode ?? "999"}000`;
  for (;;) {
    const number = start + randomInt(10_000_000).toString().padStart(7, "0");
    if (!inUse.has(number)) return number;
  }
}
