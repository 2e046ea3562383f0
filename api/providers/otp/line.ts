import type { Socket } from "node:net";
import { buildConnector, Pool } from "undici";
import type { OtpSupplierEnv } from "../../env/otp.ts";
import type { OtpDeps } from "../otp.ts";

/** A number that comes after its buyer has given up can still be given back; whoever asks anything else can ask again. */
const TIMEOUT_MS = { buy: 60_000, ask: 5_000 } as const;
const CONNECT_MS = 3_000;
const MOST_BYTES = 64 * 1024;

type Action = "getBalance" | "getPrices" | "getNumber" | "getStatus" | "getFullSms" | "setStatus";

export type Asked = { action: Action; query?: Record<string, string>; mostBytes?: number; mostMs?: number };

/** What came back. `unsent`: the request never reached the supplier. `none`: it may have, but its answer is worth nothing. */
export type Told = { kind: "answer"; text: string } | { kind: "unsent" } | { kind: "none" };

/** The way to the supplier: each request goes out once, and nothing that leads to the key comes back or is logged. */
export type Line = {
  ask(asked: Asked): Promise<Told>;
  /** As `ask`, on a connection of its own: one kept open may be closed by the other end while the request is on its way. */
  buy(asked: Asked): Promise<Told>;
  close(): Promise<void>;
};

/** Errors that a new connection gives before anything was sent over it. */
const BEFORE_SENDING = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "UND_ERR_CONNECT_TIMEOUT"]);

export function openLine(supplier: OtpSupplierEnv, { log, timeoutMs = TIMEOUT_MS }: OtpDeps): Line {
  const url = new URL(supplier.url);
  const connect = connector();
  const kept = new Pool(url.origin, { connections: 32, pipelining: 1, connect });
  // As many as it takes: what waits for a connection would be bought when its buyer has long given up.
  const fresh = new Pool(url.origin, { connections: null, pipelining: 0, connect });
  const send = async (pool: Pool, asked: Asked, ms: number): Promise<Told> => {
    const path = pathOf(url, { api_key: supplier.key, action: asked.action, ...asked.query });
    try {
      return await exchange({ pool, path, ms, mostBytes: asked.mostBytes ?? MOST_BYTES });
    } catch (error) {
      // A message may quote what was sent, and the key is in it; the code does not.
      const reason = (error as { code?: unknown }).code ?? (error as Error).name;
      log.warn({ action: asked.action, reason }, "the supplier of codes gives no answer");
      return { kind: BEFORE_SENDING.has(String(reason)) ? "unsent" : "none" };
    }
  };
  return {
    ask: (asked) => send(kept, asked, Math.min(timeoutMs.ask, asked.mostMs ?? timeoutMs.ask)),
    buy: (asked) => send(fresh, asked, timeoutMs.buy),
    close: async () => {
      await Promise.all([kept.destroy(), fresh.destroy()]);
    },
  };
}

/** A number whose last digits are cut off is another one's. */
function connector(): buildConnector.connector {
  const open = buildConnector({ timeout: CONNECT_MS, allowH2: false });
  return (options, callback) =>
    open(options, (...[error, socket]) => {
      if (error) return callback(error, null);
      tellResets(socket);
      callback(null, socket);
    });
}

/**
 * undici takes a reset (ECONNRESET) of a body without length for its regular end; under another code it is the fault
 * that it is. The listener is the first one, so undici sees the new code.
 */
function tellResets(socket: Socket): void {
  socket.prependListener("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "ECONNRESET") error.code = "UPSTREAM_RESET";
  });
}

function pathOf({ pathname, search }: URL, query: Record<string, string>): string {
  const all = new URLSearchParams(search);
  for (const [name, value] of Object.entries(query)) all.set(name, value);
  return `${pathname}?${all}`;
}

type Exchange = { pool: Pool; path: string; ms: number; mostBytes: number };

/** Follows no redirect: the key is for whom the operator named. */
async function exchange({ pool, path, ms, mostBytes }: Exchange): Promise<Told> {
  const { statusCode, body } = await pool.request({ path, method: "GET", signal: AbortSignal.timeout(ms) });
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > mostBytes) throw Object.assign(new Error("too long an answer"), { code: "TOO_LONG" });
    chunks.push(chunk);
  }
  // Some suppliers say their words with a 4xx; what comes with a 5xx or a redirect is not theirs.
  const isTheirs = statusCode === 200 || Math.floor(statusCode / 100) === 4;
  if (!isTheirs) throw Object.assign(new Error("not an answer"), { code: `HTTP_${statusCode}` });
  return { kind: "answer", text: Buffer.concat(chunks).toString("utf8").trim() };
}
