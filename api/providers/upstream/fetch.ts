import { promisify } from "node:util";
import { brotliDecompress, gunzip, inflate } from "node:zlib";
import { ApiError } from "../../errors.ts";
import { addressOf } from "./address.ts";
import { Exchange, type Sink } from "./exchange.ts";
import { CALLER_GONE, faultOf } from "./fault.ts";
import { contentTypeOf, requestHeaders } from "./headers.ts";
import type { Lines } from "./lines.ts";
import type { Target, UpstreamAnswer, UpstreamRequest } from "./target.ts";
import { type Fields, noFields } from "./wire/answer-head.ts";
import type { Question } from "./wire/ask.ts";

type Hold = (bytes: number) => void;
type Raw = { status: number; headers: Fields; body: Buffer };

const DECODERS = {
  gzip: promisify(gunzip),
  "x-gzip": promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
};

/** Reads a whole answer, decoded, within the cap. @throws ApiError */
export async function fetch(lines: Lines, target: Target, request: UpstreamRequest): Promise<UpstreamAnswer> {
  const { hold = () => {} } = request;
  const { status, headers, body } = await exchangeOnce(lines, target, request);
  return {
    status,
    contentType: contentTypeOf(headers, lines.maskOf(target.url)),
    body: await decoded(lines, { headers, body }, hold),
  };
}

function exchangeOnce(lines: Lines, target: Target, request: UpstreamRequest): Promise<Raw> {
  return new Promise((resolve, reject) => {
    const { signal } = request;
    let isProbe: boolean | undefined;
    const onEnd = (error: unknown) => {
      signal?.removeEventListener("abort", abort);
      if (isProbe !== undefined) lines.leave(target.apiId, error, isProbe);
    };
    const buffer = new Whole(lines.limits.envelopeBytes, {
      hold: (bytes) => request.hold?.(bytes),
      resolve: (raw) => {
        onEnd(undefined);
        resolve(raw);
      },
      reject: (error) => {
        onEnd(error);
        reject(error === CALLER_GONE ? new ApiError("request_timeout") : faultOf(error));
      },
    });
    const exchange = new Exchange(buffer, lines.limits, { sweep: lines.sweep, hasBody: false });
    const abort = () => exchange.fail(CALLER_GONE);
    signal?.addEventListener("abort", abort);
    try {
      const question = questionOf(lines, target, request);
      isProbe = lines.enter(target.apiId);
      if (signal?.aborted) abort();
      else exchange.ask = lines.send(question, exchange);
    } catch (error) {
      exchange.fail(error);
    }
  });
}

function questionOf(lines: Lines, target: Target, request: UpstreamRequest): Question {
  const { headers: incoming = {} } = request;
  const route = lines.routeOf(target.url);
  const headers = requestHeaders(incoming, target.headers, lines.viaOf(incoming));
  return { origin: route.origin, path: addressOf(route, target.path, target.query), method: "GET", headers };
}

type Settle = { hold(bytes: number): void; resolve(raw: Raw): void; reject(error: unknown): void };

/** Collects an answer up to a cap, in one piece: many small ones would keep many times their bytes in memory. */
class Whole implements Sink {
  readonly #capBytes: number;
  readonly #settle: Settle;
  #body = Buffer.alloc(0);
  #mostBytes: number;
  #bytes = 0;
  #status = 0;
  #headers = noFields();

  constructor(capBytes: number, settle: Settle) {
    this.#capBytes = capBytes;
    this.#mostBytes = capBytes;
    this.#settle = settle;
  }

  start(status: number, headers: Fields): void {
    this.#mostBytes = Number(headers["content-length"] ?? this.#capBytes);
    if (this.#mostBytes > this.#capBytes) throw new ApiError("upstream_too_large");
    this.#status = status;
    this.#headers = headers;
  }

  data(chunk: Buffer): boolean {
    const bytes = this.#bytes + chunk.length;
    if (bytes > this.#capBytes) throw new ApiError("upstream_too_large");
    if (bytes > this.#body.length) this.#grow(bytes);
    chunk.copy(this.#body, this.#bytes);
    this.#bytes = bytes;
    return true;
  }

  end(): void {
    this.#settle.resolve({ status: this.#status, headers: this.#headers, body: this.#body.subarray(0, this.#bytes) });
  }

  fail(error: unknown): void {
    this.#settle.reject(error);
  }

  #grow(bytes: number): void {
    const room = Math.min(this.#mostBytes, Math.max(bytes, 2 * this.#body.length));
    this.#settle.hold(room);
    const body = Buffer.allocUnsafe(room);
    this.#body.copy(body, 0, 0, this.#bytes);
    this.#body = body;
  }
}

/** We ask for identity; some upstreams compress anyway. The cap holds for what comes out, so a bomb stays small. */
async function decoded({ limits }: Lines, { headers, body }: Omit<Raw, "status">, hold: Hold): Promise<Buffer> {
  const encoding = String(headers["content-encoding"] ?? "identity")
    .trim()
    .toLowerCase();
  if (encoding === "identity" || encoding === "" || body.length === 0) return body;
  const decode = Object.hasOwn(DECODERS, encoding) ? DECODERS[encoding as keyof typeof DECODERS] : undefined;
  if (!decode) throw new ApiError("upstream_invalid");
  hold(body.length + limits.envelopeBytes);
  try {
    return await decode(body, { maxOutputLength: limits.envelopeBytes });
  } catch (error) {
    const isTooLarge = (error as { code?: string }).code === "ERR_BUFFER_TOO_LARGE";
    throw new ApiError(isTooLarge ? "upstream_too_large" : "upstream_invalid");
  }
}
