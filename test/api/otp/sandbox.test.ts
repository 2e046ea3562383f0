import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type OtpSupplier, startOtpSupplier } from "../../../dev/otp-supplier/server.ts";
import { TestClock } from "../support/test-clock.ts";

const PROGRAM = path.resolve(import.meta.dirname, "../../../dev/otp-supplier.ts");
const FIRST = "100001";

const askAt = (url: string) => async (query: string) =>
  (await fetch(`${url}?api_key=sandbox-key&action=${query}`)).text();

describe("a number's life", () => {
  const clock = new TestClock();
  let supplier: OtpSupplier;
  let ask: (query: string) => Promise<string>;
  beforeEach(async () => {
    await supplier?.close();
    supplier = await startOtpSupplier({ clock });
    ask = askAt(supplier.url);
    await ask("getNumber&service=ds&country=6");
  });
  afterAll(() => supplier.close());

  it("has one code, another when asked, and ends finished", async () => {
    expect(await ask(`setStatus&id=${FIRST}&status=1`)).toBe("ACCESS_READY");
    expect(await ask(`setStatus&id=${FIRST}&status=3`)).toBe("BAD_STATUS");
    supplier.deliver(FIRST, "your code is 111111");
    expect(await ask(`getStatus&id=${FIRST}`)).toBe("STATUS_OK:111111");
    expect(await ask(`setStatus&id=${FIRST}&status=3`)).toBe("ACCESS_RETRY_GET");
    expect(await ask(`getStatus&id=${FIRST}`)).toBe("STATUS_WAIT_RETRY:111111");
    supplier.deliver(FIRST, "your code is 222222");
    expect(await ask(`getFullSms&id=${FIRST}`)).toBe("FULL_SMS:your code is 222222");
    expect(await ask(`setStatus&id=${FIRST}&status=8`)).toBe("BAD_STATUS");
    expect(await ask(`setStatus&id=${FIRST}&status=6`)).toBe("ACCESS_ACTIVATION");
    expect(await ask(`getStatus&id=${FIRST}`)).toBe("STATUS_OK:222222");
    expect(supplier.deliver(FIRST, "late 333333")).toBe(false);
    clock.advance(1_200);
    expect(await ask("getBalance")).toBe("ACCESS_BALANCE:999.965");
  });

  it("ends taken back when nobody wants it any more, not in the first two minutes", async () => {
    supplier.order({ code: "never" });
    await ask("getNumber&service=ds&country=6");
    clock.advance(119);
    expect(await ask("setStatus&id=100002&status=8")).toBe("EARLY_CANCEL_DENIED");
    clock.advance(1);
    expect(await ask("setStatus&id=100002&status=8")).toBe("ACCESS_CANCEL");
    expect(await ask("setStatus&id=100002&status=8")).toBe("BAD_STATUS");
    expect(await ask("getStatus&id=100002")).toBe("STATUS_CANCEL");
    expect(await ask("getBalance")).toBe("ACCESS_BALANCE:999.965");
  });

  it("ends after twenty minutes: paid for with a code, paid back without", async () => {
    supplier.order({ code: 1_200 });
    await ask("getNumber&service=ds&country=6");
    supplier.order({ code: 1_201 });
    await ask("getNumber&service=ds&country=6");
    clock.advance(1_300);
    expect(supplier.activations().map(({ state, text }) => [state, typeof text])).toEqual([
      ["finished", "string"],
      ["finished", "string"],
      ["expired", "undefined"],
    ]);
    expect(await ask("getStatus&id=100003")).toBe("STATUS_CANCEL");
    expect(await ask("getBalance")).toBe("ACCESS_BALANCE:999.93");
  });

  it("takes one number from the stock while it lasts", async () => {
    supplier.order({ goods: { service: "ds", country: "6", stock: 2 } });
    expect(await ask("getPrices&service=ds&country=6")).toBe('{"6":{"ds":{"cost":0.035,"count":1}}}');
    await ask("getNumber&service=ds&country=6");
    expect(await ask("getNumber&service=ds&country=6")).toBe("NO_NUMBERS");
    clock.advance(1_200);
    expect(await ask("getNumber&service=ds&country=6")).toMatch(/^ACCESS_NUMBER:/);
  });

  it.each([
    ["getNumber&service=zz&country=6", "BAD_SERVICE"],
    ["getNumber&service=ds&country=6&maxPrice=cheap", "WRONG_MAX_PRICE:0.035"],
    ["getStatus&id=5", "NO_ACTIVATION"],
    ["getStatus", "NO_ACTIVATION"],
    ["setStatus&id=x&status=8", "NO_ACTIVATION"],
    ["getFullSms&id=1", "NO_ACTIVATION"],
    [`setStatus&id=${FIRST}&status=2`, "BAD_STATUS"],
    [`setStatus&id=${FIRST}&status=6`, "BAD_STATUS"],
    ["getEverything", "BAD_ACTION"],
  ])("answers %s with %s", async (query, word) => {
    expect(await ask(query)).toBe(word);
  });

  it("is nobody's business without the key", async () => {
    const wrong = await fetch(`${supplier.url}?api_key=x&action=getBalance`);
    expect(await wrong.text()).toBe("BAD_KEY");
    expect((await fetch(new URL("/sandbox/activations?api_key=x", supplier.url))).status).toBe(404);
    expect(() => supplier.deliver("5", "1234")).toThrow("no activation 5");
  });
});

describe("as a program", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "otp-supplier-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function start(env: NodeJS.ProcessEnv) {
    const child = spawn(process.execPath, [PROGRAM], { env: { ...process.env, PORT: "0", ...env } });
    const ended = once(child, "exit");
    const [line] = await once(child.stdout, "data");
    const url = /http:\S+/.exec(String(line))?.[0] ?? "";
    const end = async (signal: NodeJS.Signals) => {
      child.kill(signal);
      return (await ended)[0];
    };
    return { url, ask: askAt(url), end };
  }

  it("keeps numbers and money over a kill, takes orders by HTTP, and stops in order", async () => {
    const env = { STATE_FILE: path.join(folder, "kept", "state.sqlite"), BALANCE_USD: "0.1", EARLY_CANCEL_SEC: "0" };
    const first = await start(env);
    expect((await fetch(new URL("/healthz", first.url))).status).toBe(200);
    const post = (place: string, body: unknown) =>
      fetch(new URL(`/sandbox/${place}?api_key=sandbox-key`, first.url), {
        method: "POST",
        body: JSON.stringify(body),
      });
    expect(await (await post("orders", { code: "never", times: 2 })).json()).toEqual({ taken: true });
    expect(await first.ask("getNumber&service=ds&country=6")).toMatch(/^ACCESS_NUMBER:100001:62000\d{7}$/);
    expect(await first.ask("getNumber&service=ds&country=6")).toMatch(/^ACCESS_NUMBER:100002:/);
    expect(await first.ask("getNumber&service=ds&country=6")).toBe("NO_BALANCE");
    await post("orders", { fault: { action: "getBalance", how: "word", word: "ERROR_SQL" } });
    expect(await first.ask("getBalance")).toBe("ERROR_SQL");
    expect(await (await post("deliver", { activation_id: FIRST, text: "code 777777" })).json()).toEqual({
      taken: true,
    });
    expect((await post("orders", { cod: "now" })).status).toBe(400);
    await first.end("SIGKILL");

    const second = await start(env);
    expect(await second.ask(`getStatus&id=${FIRST}`)).toBe("STATUS_OK:777777");
    expect(await second.ask("setStatus&id=100002&status=8")).toBe("ACCESS_CANCEL");
    expect(await second.ask("getBalance")).toBe("ACCESS_BALANCE:0.065");
    const balance = await fetch(new URL("/sandbox/balance?api_key=sandbox-key", second.url));
    expect(await balance.json()).toEqual({ balance_usd: "0.065" });
    expect(await second.end("SIGTERM")).toBe(0);
  });

  it("names every setting", () => {
    const help = execFileSync(process.execPath, [PROGRAM, "--help"], { encoding: "utf8" });
    for (const name of [
      "PORT",
      "KEY",
      "STATE_FILE",
      "BALANCE_USD",
      "TIMEOUT_SEC",
      "EARLY_CANCEL_SEC",
      "/sandbox/orders",
    ])
      expect(help).toContain(name);
  });
});
