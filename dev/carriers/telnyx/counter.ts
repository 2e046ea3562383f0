import type { Courier } from "./courier.ts";
import type { Faults } from "./faults.ts";
import type { State } from "./state.ts";

/** What a request asks, taken apart. */
export type Asked = { query: URLSearchParams; body: unknown; id: string };

export type Answered = {
  status?: number;
  body: object;
  /** Happens once the answer is out. */
  next?: () => void;
};

export type Counter = { state: State; faults: Faults; courier: Courier };

/** One thing that can be asked, by the name that faults know it under. */
export type Desk = {
  place: string;
  method: string;
  /** Its first group is the id in it. */
  path: RegExp;
  serve(counter: Counter, asked: Asked): Answered | Promise<Answered>;
};

/** A page of a list, as Telnyx counts pages. */
export function pageOf<T>(all: readonly T[], query: URLSearchParams, usual: number) {
  const size = Math.min(Number(query.get("page[size]") ?? usual), 250);
  const number = Number(query.get("page[number]") ?? 1);
  return {
    data: all.slice((number - 1) * size, number * size),
    meta: {
      total_pages: Math.ceil(all.length / size),
      total_results: all.length,
      page_number: number,
      page_size: size,
    },
  };
}
