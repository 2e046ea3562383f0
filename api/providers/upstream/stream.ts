import type { IncomingMessage } from "node:http";
import { ApiError } from "../../errors.ts";
import { addressOf } from "./address.ts";
import { Answer } from "./answer.ts";
import { Exchange } from "./exchange.ts";
import { CALLER_GONE, faultOf } from "./fault.ts";
import { requestHeaders } from "./headers.ts";
import type { Lines } from "./lines.ts";
import type { Caller, Target } from "./target.ts";
import type { Question } from "./wire/ask.ts";

/** TRACE would echo the merchant's secret headers to the caller. */
const NEVER_PASSED: ReadonlySet<string> = new Set(["TRACE", "CONNECT"]);

/** Passes one request on and its answer back. Never throws: every fault becomes an answer, or a cut. */
export function stream(lines: Lines, target: Target, caller: Caller): void {
  const { request, response } = caller;
  const hasBody = request.headers["transfer-encoding"] !== undefined || Number(request.headers["content-length"]) > 0;
  let isProbe: boolean | undefined;
  const answer = new Answer({
    request,
    response,
    extraHeaders: target.answerHeaders ?? [],
    imagesOnly: target.imagesOnly ?? false,
    mask: lines.maskOf(target.url),
    lingerMs: lines.limits.lingerMs,
    render: (error) => lines.render(error, target),
    resume: () => exchange.resume(),
    onEnd: (error) => {
      if (isProbe !== undefined) lines.leave(target.apiId, error, isProbe);
      caller.onEnd?.({ status: answer.status, bytes: answer.bytes, fault: faultName(error) });
    },
  });
  const exchange = new Exchange(answer, lines.limits, { sweep: lines.sweep, hasBody });
  response.on("close", () => exchange.fail(CALLER_GONE));
  // It closes once: of a caller who left before, nobody would hear any more.
  if (response.destroyed) exchange.fail(CALLER_GONE);
  if (exchange.isOver) return;
  try {
    const question = questionOf(lines, target, { request, exchange, hasBody });
    isProbe = lines.enter(target.apiId);
    exchange.ask = lines.send(question, exchange);
  } catch (error) {
    exchange.fail(error);
  }
}

type Asking = { request: IncomingMessage; exchange: Exchange; hasBody: boolean };

function questionOf(lines: Lines, target: Target, { request, exchange, hasBody }: Asking): Question {
  const method = request.method ?? "GET";
  if (NEVER_PASSED.has(method)) throw new ApiError("method_not_allowed");
  const route = lines.routeOf(target.url);
  const headers = requestHeaders(request.headers, target.headers, lines.viaOf(request.headers));
  const path = addressOf(route, target.path, target.query);
  if (!hasBody) return { origin: route.origin, path, method, headers };

  const length = request.headers["content-length"];
  const bodyBytes = length === undefined ? undefined : Number(length);
  if (bodyBytes !== undefined && bodyBytes > lines.limits.requestBodyBytes) throw new ApiError("body_too_large");
  const body = cappedBody(request, exchange, lines.limits.requestBodyBytes);
  return { origin: route.origin, path, method, headers, bodyBytes, body };
}

/** The request's body, chunk by chunk as the upstream takes it. It may be abandoned; the socket stays whole. */
async function* cappedBody(request: IncomingMessage, exchange: Exchange, capBytes: number): AsyncGenerator<Buffer> {
  let bytes = 0;
  const chunks = request.iterator({ destroyOnReturn: false });
  exchange.callersTurn(true);
  try {
    for await (const chunk of chunks) {
      bytes += chunk.length;
      if (bytes > capBytes) throw new ApiError("body_too_large");
      if (exchange.isOver) return;
      exchange.callersTurn(false);
      yield chunk;
      exchange.callersTurn(true);
    }
    exchange.callersTurn(false);
  } catch (error) {
    throw error instanceof ApiError ? error : CALLER_GONE;
  }
}

function faultName(error: unknown): string | undefined {
  if (error === undefined) return undefined;
  return error === CALLER_GONE ? "client_gone" : faultOf(error).code;
}
