import type { IncomingMessage, ServerResponse } from "node:http";
import { ApiError } from "../../errors.ts";
import { leaveTogether } from "../../outbox.ts";
import type { Sink } from "./exchange.ts";
import { CALLER_GONE, faultOf } from "./fault.ts";
import { answerHeaders, contentTypeOf, faultHeaders, isPicture } from "./headers.ts";
import type { Mask } from "./mask.ts";
import type { Fields } from "./wire/answer-head.ts";

/** Up to this size an answer is copied next to its head. */
const JOINED_BYTES = 16_384;

/** What a streamed answer needs to know besides the response. */
export type AnswerContext = {
  request: IncomingMessage;
  response: ServerResponse;
  /** Flat pairs that go into every answer. */
  extraHeaders: readonly string[];
  imagesOnly: boolean;
  /** What tells where the upstream is, kept out of headers. */
  mask: Mask;
  lingerMs: number;
  render(error: ApiError): string;
  resume(): void;
  /** Called once, after the last byte or the cut. */
  onEnd(fault: unknown): void;
};

/**
 * Writes an upstream's answer to Node's response. The head waits for the end of this turn of the event loop, and the
 * first chunk with it, so that a small answer leaves in one write with a length. A second chunk sends them on before.
 */
export class Answer implements Sink {
  bytes = 0;
  status = 0;
  readonly #context: AnswerContext;
  #head: string[] = [];
  #first: Buffer | undefined;
  #isBegun = false;
  /** Waits for its turn in the outbox. */
  #isDue = false;
  #isWhole = false;

  constructor(context: AnswerContext) {
    this.#context = context;
  }

  start(status: number, headers: Fields): void {
    const { mask, imagesOnly } = this.#context;
    // A 304 has no type: it confirms what the caller was given under the same rule.
    if (imagesOnly && status !== 304 && !isPicture(contentTypeOf(headers, mask)))
      throw new ApiError("not_found", { message: "There is no image at this address." });
    this.#head = answerHeaders(headers, status, mask);
    if (this.#context.extraHeaders.length > 0) this.#head.push(...this.#context.extraHeaders);
    this.status = status;
    this.#isDue = true;
    leaveTogether(this.#context.response, () => this.#leave());
  }

  data(chunk: Buffer): boolean {
    this.bytes += chunk.length;
    if (!this.#isBegun && this.#first === undefined) {
      this.#first = chunk;
      return true;
    }
    this.#begin();
    return this.#write(chunk);
  }

  end(): void {
    this.#isWhole = true;
    if (this.#isDue && !this.#isBegun) return;
    this.#context.response.end();
    this.#conclude();
  }

  fail(error: unknown): void {
    const { response } = this.#context;
    if (error === CALLER_GONE || response.headersSent || response.destroyed) response.destroy();
    else this.#sendFault(faultOf(error));
    this.#context.onEnd(error);
  }

  #leave(): void {
    this.#isDue = false;
    if (!this.#isWhole) this.#begin();
    if (!this.#isWhole || this.#isBegun) return;
    this.#isBegun = true;
    try {
      this.#endAtOnce();
    } finally {
      this.#conclude();
    }
  }

  /** Sends the head, and the first chunk if there is one. */
  #begin(): void {
    const { response } = this.#context;
    if (this.#isBegun || response.headersSent || response.destroyed) return;
    this.#isBegun = true;
    response.writeHead(this.status, this.#head);
    if (this.#first === undefined) response.flushHeaders();
    else this.#write(this.#first);
    this.#first = undefined;
  }

  #write(chunk: Buffer): boolean {
    const { response, resume } = this.#context;
    if (response.destroyed) return true;
    if (response.write(chunk)) return true;
    response.once("drain", resume);
    return false;
  }

  #endAtOnce(): void {
    const { request, response } = this.#context;
    const hasNoBody = request.method === "HEAD" || this.status === 204 || this.status === 304;
    if (!hasNoBody && !this.#head.includes("content-length")) this.#head.push("content-length", String(this.bytes));
    response.writeHead(this.status, this.#head);
    // As text, Node joins it with the head into one write; as a buffer, it costs a slower gathered write.
    if (this.bytes <= JOINED_BYTES) response.end(this.#first?.toString("latin1") ?? "", "latin1");
    else response.end(this.#first);
  }

  #sendFault(error: ApiError): void {
    const { response, extraHeaders, render } = this.#context;
    const body = Buffer.from(render(error));
    const head = [...faultHeaders(body.length), ...extraHeaders];
    if (error.retryAfterSec !== undefined) head.push("retry-after", String(Math.ceil(error.retryAfterSec)));
    this.status = error.status;
    response.writeHead(error.status, head);
    response.end(body);
    this.#lingerOnRequest();
  }

  #conclude(): void {
    this.#lingerOnRequest();
    this.#context.onEnd(undefined);
  }

  /** Closing with unread bytes in the kernel resets the connection, and the caller would lose the answer. */
  #lingerOnRequest(): void {
    const { request, lingerMs } = this.#context;
    if (request.complete) return;
    request.resume();
    const timer = setTimeout(() => request.destroy(), lingerMs);
    timer.unref();
    request.once("close", () => clearTimeout(timer));
  }
}
