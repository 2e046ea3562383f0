import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { freePort } from "../../dev/process.ts";
import { MCP_HEADERS } from "../api/mcp/room.ts";
import { MERCHANT } from "../indexer/chain.ts";
import { mask, quote, send, unlocked } from "./agent.ts";
import { type Shop, startShop } from "./shop.ts";

const PATH = "/hidden-path-7f3a";
const SECRET = { "X-Upstream-Key": "s3cr3t-header-value-51c9" };

/** An upstream that misbehaves as the path's last word says, and tells about itself wherever it can. */
const misbehave: RequestListener = (request, response) => {
  const how = request.url?.split("?")[0]?.split("/").at(-1);
  const own = `http://${request.headers.host}${request.url}`;
  response.setHeader("Server", `hidden ${request.headers.host}`);
  response.setHeader("X-Internal", own);
  response.setHeader("Content-Location", own);
  response.setHeader("Set-Cookie", `at=${request.headers.host}`);
  response.setHeader("ETag", `"${request.url}"`);
  response.setHeader("Content-Disposition", `attachment; filename="${request.url?.slice(1).replaceAll("/", "-")}"`);
  if (how === "reset") return void request.socket.resetAndDestroy();
  if (how === "hang") return;
  if (how === "redirect") return void response.writeHead(302, { Location: own }).end();
  if (how === "half") {
    response.writeHead(200, { "Content-Type": "text/plain", "Content-Length": "1000" }).write("half");
    return void setImmediate(() => request.socket.resetAndDestroy());
  }
  if (how === "garbage") return void request.socket.end("this is not HTTP\r\n\r\n");
  if (how === "fails") return void response.writeHead(500, { "Content-Type": "application/json" }).end('{"ok":false}');
  if (how === "image") return void response.setHeader("Content-Type", "image/png").end(Buffer.from("89504e47", "hex"));
  response.setHeader("Content-Type", `application/ld+json; profile="${own}"; charset=utf-8`).end('{"ok":true}');
};

const WAYS = ["fine", "fails", "image", "reset", "hang", "redirect", "half", "garbage", "refused", "tls"] as const;

let shop: Shop;
let plain: Server;
let tls: Server;
let hosts: { plain: string; tls: string; closed: string };
const answers: string[] = [];

beforeAll(async () => {
  plain = createServer(misbehave);
  tls = createTlsServer(selfSigned(), misbehave);
  await Promise.all(
    [plain, tls].map((server) => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))),
  );
  hosts = { plain: hostOf(plain), tls: hostOf(tls), closed: `127.0.0.1:${await freePort()}` };
  shop = await startShop(Object.values(hosts));
});

afterAll(async () => {
  await shop?.stop();
  plain?.closeAllConnections();
  tls?.closeAllConnections();
  plain?.close();
  tls?.close();
});

it("shows the upstream's host, path and secret header nowhere, however the upstream fails", async () => {
  const opened = [];
  // One payer, one transaction count: payments go one after another, the calls all at once.
  for (const way of WAYS) opened.push(await open(way));
  await Promise.all(opened.map(exercise));
  await keep(await fetch(`${shop.origin}/metrics`));
  await keep(await fetch(`${shop.origin}/readyz`));

  const seen = { answers: answers.join("\n"), log: shop.apiLog() };
  // What is searched must be there in the first place, or nothing would be found for the wrong reason.
  expect(answers.length).toBeGreaterThan(WAYS.length * 5);
  expect(seen.answers).toContain("upstream_");
  expect(seen.log).toContain("upstream_");
  const secrets = [
    ...Object.values(hosts),
    ...Object.values(hosts).map(portOf),
    PATH.slice(1),
    ...Object.values(SECRET),
  ];
  for (const [place, text] of Object.entries(seen))
    for (const secret of secrets) expect(linesWith(text, secret), `${secret} in ${place}`).toEqual([]);
});

async function open(way: (typeof WAYS)[number]): Promise<{ url: string; sessionId: string; way: string }> {
  const base =
    { refused: `http://${hosts.closed}`, tls: `https://${hosts.tls}` }[way as string] ?? `http://${hosts.plain}`;
  const url = await mask(shop.origin, { api_url: `${base}${PATH}/${way}`, merchant: MERCHANT, headers: SECRET });
  await keep(await fetch(url));
  // Its page, for people.
  await keep(await fetch(url.replace("/api/", "/")));
  const { session_id: sessionId, calls } = await quote(url);
  await send(shop.chain, calls.native as never);
  return { url, sessionId, way };
}

async function exercise({ url, sessionId, way }: Awaited<ReturnType<typeof open>>): Promise<void> {
  await unlocked(url, sessionId).then(({ headers, body }) => answers.push(JSON.stringify([[...headers], body])));
  const requests = ["", "?raw=1", `/${way}?q=1`, "/%2e%2e/other"].flatMap((variant) =>
    ["GET", "POST", "HEAD"].map((method) => ({ url: `${url}${variant}`, method })),
  );
  const headers = { "X-402-Session": sessionId };
  await Promise.all(requests.map((request) => keepAny(request.url, { method: request.method, headers })));
  const params = { name: "call_masked_api", arguments: { apiId: url.split("/").at(-1), session_id: sessionId } };
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params });
  await keepAny(`${shop.origin}/mcp`, { method: "POST", headers: MCP_HEADERS, body });
}

async function keepAny(url: string, init: RequestInit): Promise<void> {
  await fetch(url, init).then(keep, (error) => answers.push(String(error)));
}

async function keep(response: Response): Promise<void> {
  const body = await response.text().catch((error) => String(error));
  answers.push(`${response.status} ${JSON.stringify([...response.headers])} ${body}`);
}

const linesWith = (text: string, secret: string) => text.split("\n").filter((line) => line.includes(secret));
const portOf = (host: string) => `:${host.split(":")[1]}`;
const hostOf = (server: Server) => `127.0.0.1:${(server.address() as AddressInfo).port}`;

function selfSigned(): { key: string; cert: string } {
  const folder = mkdtempSync(path.join(tmpdir(), "turnpike-tls-"));
  const files = { key: path.join(folder, "key.pem"), cert: path.join(folder, "cert.pem") };
  const subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2", "-nodes"];
  const made = ["req", "-x509", "-newkey", "rsa:2048", "-keyout", files.key, "-out", files.cert, ...subject];
  execFileSync("openssl", made, { stdio: "ignore" });
  const pair = { key: readFileSync(files.key, "utf8"), cert: readFileSync(files.cert, "utf8") };
  rmSync(folder, { recursive: true });
  return pair;
}
