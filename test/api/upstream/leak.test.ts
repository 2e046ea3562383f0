import { createServer } from "node:https";
import { expect, it } from "vitest";
import { selfSigned } from "./certificate.ts";
import { BEHAVIOURS, type BehaviourName, openFaultyServer } from "./faulty-server.ts";
import { ask, HIDDEN, hidden, listening, loopback, openProxy, type ProxyUnderTest, type Seen } from "./proxy.ts";

const NAMES = Object.keys(BEHAVIOURS) as BehaviourName[];
/** These never end by themselves. */
const ENDLESS: ReadonlySet<string> = new Set(["endless", "endlessChunked"]);

const textOf = (seen: Seen) => `${seen.status}\n${seen.raw.join("\n")}\n\n${seen.body.toString("latin1")}`;

async function everythingSeen(proxy: ProxyUnderTest): Promise<string> {
  const parts: string[] = [];
  for (const name of NAMES.filter((each) => !ENDLESS.has(each))) {
    proxy.target = { ...proxy.target, apiId: `api-${name}`, url: proxy.target.url.replace(/\w+(\?|$)/, `${name}$1`) };
    const seen = await ask(proxy.port).catch((error: Error) => error.message);
    parts.push(typeof seen === "string" ? seen : textOf(seen));
    const call = proxy.upstream.fetch(proxy.target);
    parts.push(await call.then(({ contentType, body }) => contentType + body.toString("latin1"), everyWord));
  }
  return [...parts, JSON.stringify(proxy.log), JSON.stringify(proxy.outcomes)].join("\n");
}

/** All that a logger could make of an error, with its causes. */
function everyWord(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return [error.message, error.stack, JSON.stringify(error), everyWord(error.cause)].join("\n");
}

it("nothing that a caller or a log sees names the upstream's host, port, address, path or secrets", async () => {
  const server = await openFaultyServer();
  const closed = await openFaultyServer();
  await closed.close();
  const limits = { firstByteMs: 150, idleMs: 150, totalMs: 400, connectMs: 400, eventIdleMs: 300 };
  const base = { ...hidden(server.port, `${HIDDEN.path}/good`), limits };

  const reached = await openProxy({ ...base.options, limits });
  reached.target = base.target;
  const refused = await openProxy({ ...base.options, limits, connectors: loopback(closed.port) });
  refused.target = base.target;
  const unresolved = await openProxy({ limits, resolve: async () => [] });
  unresolved.target = { ...base.target, url: `https://${HIDDEN.host}${HIDDEN.path}/good` };
  const blocked = await openProxy({ limits, resolve: async () => ["10.11.12.13"] });
  blocked.target = unresolved.target;
  const untrusted = createServer(selfSigned({ ip: "127.0.0.1", validFrom: "200101000000Z", validTo: "491231235959Z" }));
  untrusted.on("tlsClientError", () => {});
  const tlsPort = await listening(untrusted);
  const notTrusted = await openProxy({ limits, allow: [`${HIDDEN.host}:${tlsPort}`], connectors: loopback(tlsPort) });
  notTrusted.target = { ...base.target, url: `https://${HIDDEN.host}:${tlsPort}${HIDDEN.path}/good` };

  const proxies = [reached, refused, unresolved, blocked, notTrusted];
  const seen = (await Promise.all(proxies.map(everythingSeen))).join("\n");
  for (const met of ["unreachable", "timeout", "tls", "blocked", "redirect", "invalid", "too_large"])
    expect(seen.includes(`upstream_${met}`), met).toBe(true);
  // The redirect's target is the upstream's business too.
  const secrets = [
    ...Object.values(HIDDEN),
    "10.11.12.13",
    "127.0.0.1",
    "169.254",
    String(server.port),
    String(closed.port),
    String(tlsPort),
  ];
  for (const secret of secrets) expect(seen.includes(secret), secret).toBe(false);

  await Promise.all(proxies.map((proxy) => proxy.close()));
  untrusted.closeAllConnections();
  await new Promise((resolve) => untrusted.close(resolve));
  await server.close();
});
