import { ServerResponse } from "node:http";
import pg from "pg";
import { systemClock } from "../../api/clock.ts";
import { readEnv } from "../../api/env.ts";
import type { OtpProvider } from "../../api/providers/otp.ts";
import { startServer } from "../../api/server.ts";
import { FakeChain } from "../api/support/fake-chain.ts";
import { FakeIndexed } from "../api/support/fake-indexed.ts";
import { TestClock } from "../api/support/test-clock.ts";

/** What a process is told: to die right after a step, as if its power was cut, or what time it is. */
export type Word = { dieAfter: string } | { aheadMs: number };

let last: string | undefined;
let aheadMs = Number(process.env.AHEAD_MS);

function done(step: string): void {
  if (step === last) process.kill(process.pid, "SIGKILL");
}

type Config = { name?: string; text?: string };
type Query = (config: string | Config, ...more: unknown[]) => Promise<unknown> | undefined;

/** A statement is known by its name, and a commit by the last statement before it. */
function dieBetweenStatements(): void {
  const query = pg.Client.prototype.query as Query;
  const lastOf = new WeakMap<object, string>();
  pg.Client.prototype.query = function (this: object, config: string | Config, ...more: unknown[]) {
    const name = typeof config === "string" ? config : (config.name ?? String(config.text));
    const step = name === "commit" ? `commit ${lastOf.get(this)}` : name;
    if (typeof config !== "string" && config.name) lastOf.set(this, name);
    const tell = more.at(-1);
    if (typeof tell === "function") {
      const told = (...answer: unknown[]) => {
        done(step);
        tell(...answer);
      };
      return query.call(this, config, ...more.slice(0, -1), told);
    }
    return query.call(this, config, ...more)?.then((answer) => {
      done(step);
      return answer;
    });
  } as never;
}

/** A word of the supplier is known by what it says. */
function dieBetweenWords(otp: OtpProvider): void {
  for (const verb of ["buy", "status", "cancel", "finish"] as const) {
    const ask = otp[verb] as (asked: never) => Promise<{ kind: string } | undefined>;
    Object.assign(otp, {
      [verb]: async (asked: never) => {
        const said = await ask(asked);
        done(`${verb} ${said?.kind ?? "done"}`);
        return said;
      },
    });
  }
}

function dieBeforeAnswers(): void {
  const writeHead = ServerResponse.prototype.writeHead as (...all: unknown[]) => ServerResponse;
  Object.assign(ServerResponse.prototype, {
    writeHead(this: ServerResponse, ...all: unknown[]) {
      if (this.req.method === "POST" && all[0] === 200) done("everything but the answer");
      return writeHead.apply(this, all);
    },
  });
}

/** The API as a process of its own, with everything of codes real, and no chain. */
async function main(): Promise<void> {
  const clock = { ...systemClock, nowMs: () => Date.now() + aheadMs };
  const indexed = new FakeIndexed(new TestClock());
  const chains = new Map([[43114, new FakeChain("0x1111111111111111111111111111111111111111").reader]]);
  const { deps, url } = await startServer(readEnv(), { clock, indexed, chains });
  if (!deps.otp) throw new Error("no codes are sold here");
  dieBetweenWords(deps.otp);
  dieBetweenStatements();
  dieBeforeAnswers();
  process.on("message", (word: Word) => {
    if ("dieAfter" in word) last = word.dieAfter;
    else aheadMs = word.aheadMs;
    process.send?.("heard");
  });
  process.send?.({ url });
}

await main();
