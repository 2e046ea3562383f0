import { ApiError } from "../../../api/errors.ts";
import type { OtpBought, OtpCancelled, OtpOffer, OtpProvider, OtpStatus } from "../../../api/providers/otp.ts";

export type Verb = "buy" | "status" | "cancel" | "finish";

/** A call that is held up: `reached`, once it is there; it goes on when it is opened. */
export type Gate = { readonly reached: Promise<void>; open(): void };

type Activation = { state: "waiting" | "cancelled" } | { state: "received"; code: string; text: string };

/** A supplier that does what a test says, at the moment at which it says so. */
export type StandIn = OtpProvider & {
  goods: OtpOffer[];
  /** What it was asked, in order. */
  readonly asked: string[];
  /** While true, it gives no answer. */
  isAway: boolean;
  /** While set, it takes no number back: it says so, with the seconds. */
  earlySec: number | undefined;
  /** What it says to the next purchases, instead of selling. */
  readonly refusals: OtpBought[];
  /** A text arrives. */
  deliver(activationId: string, code: string): void;
  /** It takes a number back by itself. */
  takeBack(activationId: string): void;
  stateOf(activationId: string): string;
  /** Activations sold so far, in order. */
  readonly sold: string[];
  /** Holds up the next call of a verb, before it has its effect or after. */
  hold(verb: Verb, when: "before" | "after"): Gate;
};

export const CATALOG: OtpProvider["catalog"] = {
  services: [
    { id: "discord", name: "Discord", code: "ds", timeoutSec: 600 },
    { id: "mail", name: "A Mail Service", code: "ma", timeoutSec: 120 },
    { id: "rare", name: "Rare", code: "ra", timeoutSec: 60 },
  ],
  countries: [
    { id: "id", name: "Indonesia", code: "6" },
    { id: "gb", name: "United Kingdom", code: "16" },
    { id: "us", name: "United States", code: "12" },
  ],
};

const offer = (service: string, country: string, { cost, stock }: { cost: number; stock: number }): OtpOffer => ({
  service,
  country,
  costMicroUsd: BigInt(cost),
  stock,
});

export const goodsOfTests = (): OtpOffer[] => [
  offer("discord", "id", { cost: 50_000, stock: 1_000 }),
  offer("discord", "gb", { cost: 333_333, stock: 5 }),
  offer("discord", "us", { cost: 10_000, stock: 0 }),
  offer("mail", "id", { cost: 100_000, stock: 1_000 }),
  offer("mail", "gb", { cost: 200_000, stock: 1_000 }),
];

export function createStandIn(): StandIn {
  const activations = new Map<string, Activation>();
  const gates: (Gate & { verb: Verb; when: "before" | "after"; arrive(): void; opened: Promise<void> })[] = [];
  const pass = async (verb: Verb, when: "before" | "after") => {
    const at = gates.findIndex((gate) => gate.verb === verb && gate.when === when);
    const [gate] = at < 0 ? [] : gates.splice(at, 1);
    gate?.arrive();
    await gate?.opened;
  };
  const through = async <T>(verb: Verb, id: string, work: () => T): Promise<T> => {
    supplier.asked.push(`${verb} ${id}`);
    await pass(verb, "before");
    const result = work();
    await pass(verb, "after");
    return result;
  };
  const received = (id: string) => {
    const known = activations.get(id);
    return known?.state === "received" ? { kind: "received" as const, code: known.code, text: known.text } : undefined;
  };
  const supplier: StandIn = {
    catalog: CATALOG,
    goods: goodsOfTests(),
    asked: [],
    isAway: false,
    earlySec: undefined,
    refusals: [],
    sold: [],
    offers: async () => {
      if (supplier.isAway) throw new ApiError("provider_unavailable", { retryAfterSec: 5 });
      return supplier.goods;
    },
    buy: ({ service, country }) =>
      through("buy", `${service} ${country}`, (): OtpBought => {
        const refusal = supplier.refusals.shift();
        if (refusal) return refusal;
        const activationId = `act-${activations.size + 1}`;
        activations.set(activationId, { state: "waiting" });
        supplier.sold.push(activationId);
        return { kind: "bought", activationId, phoneNumber: `+62812${String(activations.size).padStart(7, "0")}` };
      }),
    status: (id) =>
      through("status", id, (): OtpStatus => {
        if (supplier.isAway) return { kind: "unknown" };
        return received(id) ?? { kind: activations.get(id)?.state === "waiting" ? "waiting" : "cancelled" };
      }),
    cancel: (id) =>
      through("cancel", id, (): OtpCancelled => {
        if (supplier.isAway) return { kind: "unknown" };
        const known = received(id);
        if (known) return known;
        if (supplier.earlySec !== undefined) return { kind: "too_early", retryAfterSec: supplier.earlySec };
        activations.set(id, { state: "cancelled" });
        return { kind: "cancelled" };
      }),
    finish: (id) => through("finish", id, () => undefined),
    health: async () => [{ supplier: 1, balanceMicroUsd: 1_000_000n }],
    close: async () => {},
    deliver: (id, code) => void activations.set(id, { state: "received", code, text: `Your code is ${code}` }),
    takeBack: (id) => void activations.set(id, { state: "cancelled" }),
    stateOf: (id) => String(activations.get(id)?.state),
    hold: (verb, when) => {
      const reached = Promise.withResolvers<void>();
      const opened = Promise.withResolvers<void>();
      const gate = { verb, when, reached: reached.promise, arrive: reached.resolve, opened: opened.promise };
      gates.push({ ...gate, open: opened.resolve });
      return { reached: reached.promise, open: opened.resolve };
    },
  };
  return supplier;
}
