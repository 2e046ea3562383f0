import type pg from "pg";
import { describe, expect, it } from "vitest";
import { inTurn } from "../../../api/ledger/turns.ts";

const pool = () => ({}) as pg.Pool;

/** Work that says when it runs and ends when it is told to. */
function worker() {
  const log: string[] = [];
  const work = (name: string) => {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const run = () => {
      log.push(name);
      return promise;
    };
    return { run, end: () => resolve(name), fail: () => reject(new Error(name)) };
  };
  return { log, work };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe("turns of an account", () => {
  it("come one after the other, in the order in which they were asked for", async () => {
    const { log, work } = worker();
    const [on, first, second] = [pool(), work("first"), work("second")];
    const answers = [inTurn(on, "1000", first.run), inTurn(on, "1000", second.run)];
    await settled();
    expect(log).toEqual(["first"]);
    first.end();
    await settled();
    expect(log).toEqual(["first", "second"]);
    second.end();
    expect(await Promise.all(answers)).toEqual(["first", "second"]);
  });

  it("hold up neither another account nor another process", async () => {
    const { log, work } = worker();
    const on = pool();
    void inTurn(on, "1000", work("one").run);
    void inTurn(on, "1001", work("another account").run);
    void inTurn(pool(), "1000", work("another process").run);
    await settled();
    expect(log).toEqual(["one", "another account", "another process"]);
  });

  it("go on after one that failed, which its own caller hears of", async () => {
    const { log, work } = worker();
    const [on, bad, good] = [pool(), work("bad"), work("good")];
    const failed = inTurn(on, "1000", bad.run).catch(String);
    const answer = inTurn(on, "1000", good.run);
    bad.fail();
    good.end();
    expect([await failed, await answer, log]).toEqual(["Error: bad", "good", ["bad", "good"]]);
  });
});
