import type { Socket } from "node:net";
import type { Logger } from "pino";
import { buildConnector, Pool } from "undici";
import type { Clock } from "../../clock.ts";

/** `ask` and `act` are for a whole exchange, connecting and reading included. */
export const CARRIER_TIMEOUT_MS = { connect: 3_000, ask: 5_000, act: 15_000 } as const;
/** A page of what a carrier lists. */
const MOST_BYTES = 4 * 1024 * 1024;
/** Nobody is kept waiting longer, whatever `Retry-After` says. */
const LONGEST_PAUSE_SEC = 60;

export type CarrierAsk = {
  /** Its name in the log, and in what `Retry-After` holds back: the rest of a request may tell an account or a person. */
  what: string;
  method: "GET" | "POST" | "PATCH" | "DELETE";
  /** Path and query below the carrier's URL, with its first slash. */
  path: string;
  headers?: Readonly<Record<string, string>>;
  body?: string;
};

/**
 * What came back. `answer`: HTTP, of whatever status; `json` is undefined unless the body is JSON, so that a proxy's page
 * is no word of the carrier's. `unsent`: it surely has no effect, as it never reached the carrier or was turned away with a
 * 429. `none`: it may have had its effect, and nothing is known of it.
 */
export type CarrierTold = { kind: "answer"; status: number; json: unknown } | { kind: "unsent" } | { kind: "none" };

/** The way to a carrier: each request goes out once, and neither what leads to its account nor what it says is logged. */
export type CarrierHttp = {
  /** Asks for what has no effect. */
  ask(asked: CarrierAsk): Promise<CarrierTold>;
  /** Asks for an effect, on a connection of its own: one kept open may be closed by the other end while the request is on its way. */
  act(asked: CarrierAsk): Promise<CarrierTold>;
  close(): Promise<void>;
};

export type CarrierHttpOptions = {
  carrier: string;
  /** May have a path of its own. */
  url: string;
  /** On every request: who we are there. */
  headers: Readonly<Record<string, string>>;
  timeoutMs?: { connect: number; ask: number; act: number };
};

export function openCarrierHttp(
  { clock, log }: { clock: Clock; log: Logger },
  { carrier, url, headers, timeoutMs = CARRIER_TIMEOUT_MS }: CarrierHttpOptions,
): CarrierHttp {
  const { origin, pathname } = new URL(url);
  const connect = connector(timeoutMs.connect);
  const kept = new Pool(origin, { connections: 32, pipelining: 1, connect });
  // As many as it takes: what waits for a connection would have its effect when nobody waits for it any more.
  const fresh = new Pool(origin, { connections: null, pipelining: 0, connect });
  const pauses = openPauses(clock);
  const send = async (pool: Pool, { what, ...asked }: CarrierAsk, ms: number): Promise<CarrierTold> => {
    if (pauses.hold(what)) return { kind: "unsent" };
    try {
      const { retryAfterSec, ...told } = await exchange(pool, {
        ...{ ...asked, path: `${pathname.replace(/\/+$/, "")}${asked.path}` },
        ...{ signal: AbortSignal.timeout(ms), headersTimeout: ms, bodyTimeout: ms },
        headers: { accept: "application/json", "user-agent": "turnpike", ...headers, ...asked.headers },
      });
      if (told.status >= 400) log.warn({ carrier, what, status: told.status }, "the carrier refuses");
      if (told.status !== 429) return told;
      pauses.begin(what, retryAfterSec);
      return { kind: "unsent" };
    } catch (error) {
      // A message may quote what was sent; the code does not.
      const { code, name, isBeforeSending } = error as Failure;
      log.warn({ carrier, what, reason: code ?? name }, "the carrier gives no answer");
      return { kind: isBeforeSending ? "unsent" : "none" };
    }
  };
  return {
    ask: (asked) => send(kept, asked, timeoutMs.ask),
    act: (asked) => send(fresh, asked, timeoutMs.act),
    close: async () => {
      await Promise.all([kept.destroy(), fresh.destroy()]);
    },
  };
}

type Failure = Error & { code?: unknown; isBeforeSending?: true };

/** Kinds of requests that the carrier wants no more of for a while. */
function openPauses(clock: Clock) {
  const untilMs = new Map<string, number>();
  return {
    hold: (what: string): boolean => (untilMs.get(what) ?? 0) > clock.nowMs(),
    begin: (what: string, sec: number) => void untilMs.set(what, clock.nowMs() + sec * 1000),
  };
}

/** Tells failures to connect from those of a connection: only before it is open is it sure that nothing was sent. */
function connector(timeout: number): buildConnector.connector {
  const open = buildConnector({ timeout, allowH2: false });
  return (options, callback) =>
    open(options, (...[error, socket]) => {
      if (error) return callback(Object.assign(error, { isBeforeSending: true }), null);
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
    if (error.code === "ECONNRESET") error.code = "CARRIER_RESET";
  });
}

type Exchanged = { kind: "answer"; status: number; json: unknown; retryAfterSec: number };

/** Follows no redirect: the account's key is for whom the operator named. */
async function exchange(pool: Pool, request: Parameters<Pool["request"]>[0]): Promise<Exchanged> {
  const { statusCode: status, headers, body } = await pool.request(request);
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) throw Object.assign(new Error("too long an answer"), { code: "TOO_LONG" });
    chunks.push(chunk);
  }
  const json = jsonOf(Buffer.concat(chunks).toString("utf8"));
  return { kind: "answer", status, json, retryAfterSec: retryAfterSecOf(headers["retry-after"]) };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const retryAfterSecOf = (given: string | string[] | undefined): number =>
  Math.min(LONGEST_PAUSE_SEC, /^\d{1,6}$/.test(String(given)) ? Number(given) : 0);
