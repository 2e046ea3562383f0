import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import type { ApiError } from "../../errors.ts";

/** Where one request goes: the merchant's side (secret) and the caller's part of the address. */
export type Target = {
  /** Public id of the masked API; the only name of it that logs hold. */
  apiId: string;
  /** The merchant's URL, as accepted by `check`. */
  url: string;
  /** The merchant's secret headers; they win over whatever the caller sent. */
  headers: Readonly<Record<string, string>>;
  /** The caller's sub-path, "" or starting with "/", raw as received. It cannot leave the path of `url`. */
  path: string;
  /** The caller's raw query without "?". It cannot replace a parameter that `url` already has. */
  query: string;
  /** Only an image is streamed on, and no SVG, which may hold a program; anything else is `not_found`. */
  imagesOnly?: boolean;
  /** Flat name, value pairs added to every streamed answer, faults too (request id, CORS). */
  answerHeaders?: readonly string[];
};

/** A GET of ours for a buffered answer. Only allow-listed headers are passed on. */
export type UpstreamRequest = {
  headers?: IncomingHttpHeaders;
  /** Ends the exchange when the caller is gone. */
  signal?: AbortSignal;
  /** Told how many bytes are in memory now, before they become more. What it throws ends the exchange. */
  hold?(bytes: number): void;
};

/** `contentType` is "" when the upstream named none; `body` is decoded (gzip, deflate, br) and within the cap. */
export type UpstreamAnswer = { status: number; contentType: string; body: Buffer };

/** How a streamed exchange ended, for metrics. `fault` is an error code of api/errors.ts or "client_gone". */
export type Outcome = { status: number; bytes: number; fault: string | undefined };

/** Both ends of one caller's exchange, and who is told how it went: not as a promise, which every call would pay for. */
export type Caller = { request: IncomingMessage; response: ServerResponse; onEnd?(outcome: Outcome): void };

/** Guarded way to the upstreams of masked APIs. No error, answer or log line names host, address, path or secret. */
export type Upstream = {
  /** Creation-time check of a URL: the rules, then every address it resolves to. @throws ApiError 400 with details `{ field, reason }` */
  check(url: string): Promise<void>;
  /** Creation-time check of the merchant's headers. @throws ApiError 400 with details `{ field, reason }` */
  checkHeaders(headers: Readonly<Record<string, string>>): void;
  /** Whole answer, for the envelope. @throws ApiError upstream_* */
  fetch(target: Target, request?: UpstreamRequest): Promise<UpstreamAnswer>;
  /** Straight from one socket to the other. Never throws: faults become JSON answers, or a cut once bytes went out. */
  stream(target: Target, caller: Caller): void;
  /** Waits for what runs (at most `totalMs`), then closes every connection. */
  close(): Promise<void>;
};

/** JSON body of a fault; the API's renderer for masked APIs. */
export type RenderFault = (error: ApiError, target: Target) => string;
