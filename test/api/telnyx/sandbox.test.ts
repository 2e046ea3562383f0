import { spawn } from "node:child_process";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const ROOT = path.resolve(import.meta.dirname, "../../..");

/** The sandbox as somebody starts it by hand. */
describe("node dev/carriers/telnyx.ts", () => {
  const program = spawn(path.join(ROOT, "node_modules/.bin/node"), ["dev/carriers/telnyx.ts"], {
    cwd: ROOT,
    env: { ...process.env, PORT: "0", API_KEY: "KEYOFMINE", FROM: "+18005550177" },
  });
  const told: Record<string, string> = {};
  const at = (where: string) => new URL(where, told.TELNYX_URL);
  const ask = async (where: string, body?: unknown, key = "KEYOFMINE") => {
    const headers = { authorization: `Bearer ${key}` };
    const sent = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
    const response = await fetch(at(where), { headers, ...sent });
    return { status: response.status, body: await response.json() };
  };
  beforeAll(async () => {
    let out = "";
    for await (const chunk of program.stdout) {
      out += String(chunk);
      if (out.includes("TELNYX_FROM=") && out.endsWith("\n")) break;
    }
    for (const line of out.trim().split("\n")) told[line.split("=")[0] ?? ""] = line.slice(line.indexOf("=") + 1);
  });
  afterAll(async () => {
    const ended = new Promise((resolve) => program.once("exit", resolve));
    program.kill("SIGTERM");
    expect(await ended).toBe(0);
  });

  it("tells a shop all that it needs", async () => {
    expect(told).toMatchObject({ PHONE_CARRIER: "telnyx", TELNYX_API_KEY: "KEYOFMINE", TELNYX_FROM: "+18005550177" });
    expect((await fetch(at("/healthz"))).status).toBe(200);
    expect(await ask("/v2/balance")).toMatchObject({ status: 200, body: { data: { currency: "USD" } } });
    expect(await ask("/v2/balance", undefined, "KEY")).toMatchObject({ status: 401 });
  });

  it("goes wrong where it is told to", async () => {
    const fault = { place: "balance", how: "429", retryAfterSec: 2 };
    expect(await ask("/sandbox/faults", { fault })).toEqual({ status: 200, body: { taken: true } });
    expect((await ask("/v2/balance")).status).toBe(429);
    expect((await ask("/v2/balance")).status).toBe(200);
    expect(await ask("/sandbox/faults", { balanceUsd: "0.5" })).toMatchObject({ status: 200 });
    expect(await ask("/v2/balance")).toMatchObject({ body: { data: { balance: "0.50" } } });
  });

  it.each([
    { fault: { place: "moon", how: "429" } },
    { plan: { text: "late" } },
    "words",
    { goods: { country: "ZZ" } },
  ])("refuses %j", async (order) => expect(await ask("/sandbox/faults", order)).toMatchObject({ status: 400 }));

  it("lists what it knows, and what it can be asked", async () => {
    const inbound = { from: "+447700900001", to: "+18005550177", text: "hi" };
    expect(await ask("/sandbox/inbound", inbound)).toMatchObject({ status: 200, body: { id: expect.any(String) } });
    expect(await ask("/sandbox/messages")).toEqual({ status: 200, body: [] });
    expect((await ask("/sandbox/numbers")).body).toHaveLength(2);
    expect(await ask("/sandbox/nothing")).toMatchObject({ status: 404, body: { paths: expect.any(Array) } });
    expect(await ask("/v2/nothing")).toMatchObject({ status: 404, body: { errors: [{ code: "10005" }] } });
  });
});
