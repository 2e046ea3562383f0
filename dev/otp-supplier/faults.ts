import type { ServerResponse } from "node:http";
import { z } from "zod";
import { ACTIONS, type Action } from "./words.ts";

/** What goes wrong with the next answers to `action`. */
export const fault = z.strictObject({
  action: z.enum(ACTIONS),
  how: z.enum(["silence", "reset", "500", "html", "garbage", "empty", "half", "slow", "word"]),
  /** For `word`: what is said instead. */
  word: z.string().max(1_000).optional(),
  /** For `slow`: after this long. */
  slowMs: z.int().min(0).max(600_000).optional(),
  /** Whether what was asked for is done, and charged, all the same; `slow` and `half` always do it. */
  done: z.boolean().optional(),
  times: z.int().min(1).max(1_000).optional(),
});

export type Fault = z.infer<typeof fault>;

/** Faults that were ordered, in the order in which they come up. */
export function createFaults() {
  const waiting: Fault[] = [];
  return {
    order: (one: Fault) => void waiting.push(...Array<Fault>(one.times ?? 1).fill(one)),
    take: (action: Action): Fault | undefined => {
      const at = waiting.findIndex((one) => one.action === action);
      return at < 0 ? undefined : waiting.splice(at, 1)[0];
    },
    forget: () => void waiting.splice(0),
  };
}

export const doesIt = ({ how, done }: Fault): boolean => done === true || how === "slow" || how === "half";

type Spoilt = { fault: Fault; text: string; url: string };

/** Sends what is to come in place of `text`. */
export function spoil(response: ServerResponse, { fault: { how, word, slowMs }, text, url }: Spoilt): void {
  if (how === "silence") return;
  if (how === "reset") return void response.socket?.resetAndDestroy();
  if (how === "slow") {
    const timer = setTimeout(() => response.end(text), slowMs ?? 1_000);
    return void response.once("close", () => clearTimeout(timer));
  }
  if (how === "half") {
    response.setHeader("Content-Length", Buffer.byteLength(text) + 1);
    response.write(text, () => response.destroy());
    return;
  }
  if (how === "500") response.statusCode = 500;
  if (how === "html") response.setHeader("Content-Type", "text/html");
  response.end(BODIES[how]?.(url) ?? word ?? "");
}

/** Pages of real servers quote what was asked, key and all. */
const BODIES: Record<string, (url: string) => string | Buffer> = {
  "500": (url) => `Internal Server Error at ${url}`,
  html: (url) => `<!doctype html><title>Just a moment…</title><p>Checking your browser for ${url}</p>`,
  garbage: () => Buffer.from("ff00fe:ACCESS\u0000NUMBER", "latin1"),
  empty: () => "",
};
