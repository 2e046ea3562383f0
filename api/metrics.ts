import { Counter, collectDefaultMetrics, type Metric, Registry } from "prom-client";

/** What rooms count. Labels hold ids of ours at most: never an upstream, an address or a credential. */
export type Metrics = {
  readonly registry: Registry;
  readonly answers: Answers;
  /** 402 answers of masked APIs. */
  readonly quotes: Tally;
  /** Calls with a paid session, by binding. */
  readonly unlocked: Tally;
  /** Faults of upstreams, by error code. */
  readonly faults: Tally;
  /** Orders of one-time codes, by how they ended; codes that came late, and numbers that may be lost at the supplier. */
  readonly codeOrders: Tally;
  /** What the operator's rules refused, by rule. */
  readonly refusals: Tally;
  /** Attempts to deliver to webhooks, by outcome. */
  readonly webhooks: Tally;
};

export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const answers = new Answers();
  registry.registerMetric(secondsOf(answers));
  const counter = (name: string, help: string, { labels, of }: Counts) =>
    new Counter({
      name: `turnpike_${name}_total`,
      help,
      labelNames: labels,
      registers: [registry],
      collect() {
        this.reset();
        for (const [values, count] of of()) this.inc(labelled(labels, values), count);
      },
    });
  const tally = (name: string, help: string, labels: string[]) => {
    const counts = new Tally();
    counter(name, help, { labels, of: () => counts.entries() });
    return counts;
  };
  counter("http_requests", "Answers, by room and status", { labels: ["room", "status"], of: () => answers.statuses() });
  return {
    registry,
    answers,
    quotes: tally("quotes", "402 answers of masked APIs", []),
    unlocked: tally("unlocked_calls", "Calls with a paid session, by binding", ["binding"]),
    faults: tally("upstream_faults", "Faults of upstreams while streaming, by error code", ["code"]),
    codeOrders: tally("code_orders", "Orders of one-time codes by end, late codes and lost numbers", ["end"]),
    refusals: tally("refusals", "Texts and lines that the operator's rules refused, by rule", ["rule"]),
    webhooks: tally("webhook_attempts", "Attempts to deliver to webhooks, by outcome", ["outcome"]),
  };
}

type Count = [labels: (string | number)[], count: number];
type Counts = { labels: string[]; of(): Count[] };

const labelled = (names: string[], values: (string | number)[]): Record<string, string | number> =>
  Object.fromEntries(names.map((name, i) => [name, values[i] ?? ""]));

/** Numbers by one label. prom-client sorts and joins labels at each count, which costs more than what is counted. */
export class Tally {
  readonly #counts = new Map<string, number>();

  add(label = ""): void {
    this.#counts.set(label, (this.#counts.get(label) ?? 0) + 1);
  }

  entries(): Count[] {
    return [...this.#counts].map(([label, count]) => [[label], count]);
  }
}

const BUCKETS_SEC = [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10, 30];

type Room = { statuses: Map<number, number>; buckets: number[]; sumSec: number };

/** Answers by room: how many with which status, and how long they took. */
export class Answers {
  readonly #rooms = new Map<string, Room>();

  /** @param sec from the request to the end of its answer */
  add(room: string, status: number, sec: number): void {
    const kept = this.#rooms.get(room) ?? this.#open(room);
    kept.statuses.set(status, (kept.statuses.get(status) ?? 0) + 1);
    kept.sumSec += sec;
    let slot = 0;
    while (slot < BUCKETS_SEC.length && sec > (BUCKETS_SEC[slot] as number)) slot++;
    kept.buckets[slot] = (kept.buckets[slot] as number) + 1;
  }

  statuses(): Count[] {
    return [...this.#rooms].flatMap(([room, { statuses }]) =>
      [...statuses].map(([status, count]): Count => [[room, status], count]),
    );
  }

  /** Rows of a histogram as Prometheus writes it: each bucket holds those below, too. */
  seconds(name: string) {
    return [...this.#rooms].flatMap(([room, { buckets, sumSec }]) => {
      let below = 0;
      const rows = buckets.map((count, slot) => {
        below += count;
        return { metricName: `${name}_bucket`, labels: { le: BUCKETS_SEC[slot] ?? "+Inf", room }, value: below };
      });
      const labels = { room };
      return [
        ...rows,
        { metricName: `${name}_sum`, labels, value: sumSec },
        { metricName: `${name}_count`, labels, value: below },
      ];
    });
  }

  #open(room: string): Room {
    const opened = { statuses: new Map(), buckets: Array<number>(BUCKETS_SEC.length + 1).fill(0), sumSec: 0 };
    this.#rooms.set(room, opened);
    return opened;
  }
}

/** A histogram that is only ever read: prom-client's own can be filled by single observations alone. */
function secondsOf(answers: Answers): Metric {
  const name = "turnpike_http_request_seconds";
  const help = "From request to the end of its answer, waits included";
  const get = async () => ({ name, help, type: "histogram", aggregator: "sum", values: answers.seconds(name) });
  return { name, help, get } as unknown as Metric;
}
