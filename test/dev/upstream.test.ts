import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Running } from "../../dev/keep-alive.ts";
import { spawnNode } from "../../dev/node-child.ts";
import { freePort } from "../../dev/process.ts";

let folder: string;
let upstream: Running;
let url: string;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "turnpike-upstream-"));
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  upstream = spawnNode({
    script: path.resolve("dev/upstream.ts"),
    env: { ...process.env, PORT: String(port) },
    logFile: path.join(folder, "log"),
    readyUrl: `${url}/`,
  });
  await upstream.ready;
});

afterAll(async () => {
  await upstream.stop();
  rmSync(folder, { recursive: true, force: true });
});

it("answers with JSON, text, an image and a failure", async () => {
  const typeOf = async (where: string) => (await fetch(url + where)).headers.get("content-type");
  expect(await (await fetch(`${url}/quote`)).json()).toMatchObject({ pair: "AVAX/USD" });
  expect(await typeOf("/text")).toContain("text/plain");
  expect(await typeOf("/image")).toBe("image/png");
  expect((await fetch(`${url}/fail`)).status).toBe(500);
  expect((await fetch(`${url}/nowhere`)).status).toBe(404);
});

it("echoes method, query and body", async () => {
  const response = await fetch(`${url}/echo?a=1`, { method: "PUT", body: "hello" });
  expect(await response.json()).toEqual({ method: "PUT", query: { a: "1" }, body: "hello" });
});

it("takes as long as it is told", async () => {
  const startedAt = performance.now();
  await (await fetch(`${url}/slow?ms=300`)).json();
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(290);
});
