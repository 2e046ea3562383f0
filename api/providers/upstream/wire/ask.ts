import { type Fields, TOKEN } from "./answer-head.ts";
import { WireFault } from "./wire-fault.ts";

/** One request: `headers` are flat name and value pairs; host, connection and framing are added here. */
export type Question = {
  readonly origin: string;
  readonly path: string;
  readonly method: string;
  readonly headers: readonly string[];
  /** Of the body; undefined for one that says with its last chunk where it ends. */
  readonly bodyBytes?: number | undefined;
  readonly body?: AsyncIterable<Buffer>;
};

/** Who is told of the answer. Whatever `onHead` and `onData` throw ends the connection and comes back as `onFault`. */
export type Asker = {
  /** Nobody waits any more. */
  readonly isOver: boolean;
  onSent(): void;
  onHead(status: number, headers: Fields): void;
  /** False asks for a pause until `Ask.resume`. */
  onData(chunk: Buffer): boolean;
  onEnd(): void;
  onFault(error: unknown): void;
};

/** What carries an ask: it waits in a queue, then goes over a connection. */
export type Carrier = { drop(ask: Ask): void; resume(ask: Ask): void };

/** Methods whose bodies have a meaning. */
const WITH_BODY: ReadonlySet<string> = new Set(["POST", "PUT", "PATCH", "QUERY", "PROPFIND", "PROPPATCH"]);

/** A request on its way. */
export class Ask {
  readonly asker: Asker;
  readonly method: string;
  readonly body: AsyncIterable<Buffer> | undefined;
  readonly bodyBytes: number | undefined;
  /** Request line and headers but for those of the body, each with its line's end. */
  readonly head: string;
  /** The connection must not be used again: some servers send a body after a HEAD, and some read none of a GET. */
  readonly isLast: boolean;
  carrier: Carrier | undefined;
  /** Until then the upstream knows nothing of it. */
  hasConnection = false;

  /** @throws WireFault WIRE_REQUEST for what would not be one request */
  constructor(question: Question, asker: Asker) {
    const { method, body, bodyBytes } = question;
    this.asker = asker;
    this.method = method;
    this.body = body;
    this.bodyBytes = bodyBytes;
    this.isLast = method === "HEAD" || (body !== undefined && !WITH_BODY.has(method));
    this.head = headOf(question, this.isLast);
  }

  /** Who sends none says so. */
  get isBodyExpected(): boolean {
    return WITH_BODY.has(this.method);
  }

  drop(): void {
    this.carrier?.drop(this);
  }

  resume(): void {
    this.carrier?.resume(this);
  }
}

const TARGET = /^[\x21-\x7e]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Checked once more, whoever checked before: a line's end in a value would be another request. */
function headOf({ method, path, origin, headers }: Question, isLast: boolean): string {
  if (!TOKEN.test(method) || !TARGET.test(path)) throw new WireFault("WIRE_REQUEST");
  const host = origin.slice(origin.indexOf("//") + 2);
  let head = `${method} ${path} HTTP/1.1\r\nhost: ${host}\r\nconnection: ${isLast ? "close" : "keep-alive"}\r\n`;
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string;
    const value = headers[i + 1] as string;
    if (!TOKEN.test(name) || !VALUE.test(value)) throw new WireFault("WIRE_REQUEST");
    head += `${name}: ${value}\r\n`;
  }
  return head;
}
