import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, it } from "vitest";
import { SANDBOX, startTwilio } from "../../../dev/carriers/twilio/server.ts";

const ROOT = path.resolve(import.meta.dirname, "../../..");
const authorization = `Basic ${Buffer.from(`${SANDBOX.accountSid}:${SANDBOX.authToken}`).toString("base64")}`;

/** By HTTP, as somebody with curl would. */
async function ask(url: string, at: string, body?: object): Promise<{ status: number; body: unknown }> {
  const init = body && { method: "POST", body: JSON.stringify(body) };
  const response = await fetch(url + at, { headers: { authorization }, ...init });
  return { status: response.status, body: await response.json() };
}

const send = (url: string, to: string) =>
  fetch(`${url}/2010-04-01/Accounts/${SANDBOX.accountSid}/Messages.json`, {
    method: "POST",
    headers: { authorization },
    body: new URLSearchParams({ To: to, From: SANDBOX.pool, Body: "x" }),
  });

it("takes orders behind the counter, of those who know its token", async () => {
  const { url, close } = await startTwilio();
  expect(await ask(url, "/sandbox/faults", { at: "send", how: "429", retryAfterSec: 3 })).toEqual({
    status: 200,
    body: { taken: true },
  });
  const refused = await send(url, "+447700900001");
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "3"]);
  expect((await send(url, "+447700900001")).status).toBe(201);
  expect(await ask(url, "/sandbox/messages")).toMatchObject({ body: [{ to: "+447700900001" }] });
  for (const wrong of [{ at: "nowhere", how: "500" }, { at: "send", how: "softly" }, { receipts: "eaten" }, {}])
    expect((await ask(url, "/sandbox/faults", wrong)).status).toBe(400);
  expect((await ask(url, "/sandbox/inbound", { from: "+447700900001", to: "+1", body: "x" })).status).toBe(400);
  expect((await fetch(`${url}/sandbox/messages`)).status).toBe(401);
  await close();
});

it("keeps what it sold over a restart, as a program of its own", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "twilio-sandbox-"));
  const start = async () => {
    const env = { ...process.env, PORT: "0", STATE_FILE: path.join(folder, "state.json") };
    const child = spawn(process.execPath, ["dev/carriers/twilio.ts"], {
      cwd: ROOT,
      env,
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [said] = await once(child.stdout, "data");
    const stop = async () => {
      child.kill("SIGTERM");
      await once(child, "exit");
    };
    return { url: /http:\S+/.exec(String(said))?.[0] as string, stop };
  };
  const first = await start();
  expect((await send(first.url, "+447700900002")).status).toBe(201);
  await first.stop();
  const second = await start();
  expect(await ask(second.url, "/sandbox/messages")).toMatchObject({ body: [{ to: "+447700900002" }] });
  await second.stop();
  await rm(folder, { recursive: true });
});
