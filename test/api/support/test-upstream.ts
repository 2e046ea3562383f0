import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export type Seen = { method: string; url: string; headers: IncomingHttpHeaders; body: string };
export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** A merchant's own server, on loopback. */
export type TestUpstream = {
  readonly host: string;
  readonly url: string;
  /** What it was asked, oldest first. */
  readonly seen: Seen[];
  /** Answers from now on; reset by `undefined`. */
  answer(handler: Handler | undefined): void;
  close(): Promise<void>;
};

export const PNG = Buffer.from("89504e470d0a1a0a0000000d49484452", "hex");
export const JSON_TEXT = '{"answer":42, "big":12345678901234567890,"nested":{"é":[1,2.50]}}';

export async function startTestUpstream(): Promise<TestUpstream> {
  const seen: Seen[] = [];
  let handler: Handler | undefined;
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString("utf8");
    seen.push({ method: request.method ?? "", url: request.url ?? "", headers: request.headers, body });
    (handler ?? byPath)(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    host,
    url: `http://${host}`,
    seen,
    answer: (next) => {
      handler = next;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const ANSWERS: Record<string, [type: string | undefined, body: string | Buffer]> = {
  "/json": ["application/json; charset=utf-8", JSON_TEXT],
  "/broken-json": ["application/json", '{"answer":'],
  "/text": ["text/plain", 'plain "text"\n'],
  "/latin1": ["text/plain; charset=iso-8859-1", Buffer.from([0x63, 0x61, 0x66, 0xe9])],
  "/image": ["image/png", PNG],
  "/binary": ["application/octet-stream", Buffer.from([0, 1, 2, 255])],
  "/untyped-text": [undefined, "just words"],
  "/untyped-bytes": [undefined, Buffer.from([0xff, 0xfe, 0x00, 0x80])],
};

function byPath(request: IncomingMessage, response: ServerResponse): void {
  const path = (request.url ?? "/").split("?")[0] ?? "/";
  if (path === "/teapot") return void response.writeHead(418, { "Content-Type": "text/plain" }).end("short and stout");
  const [type, body] = ANSWERS[path] ?? ["application/json", '{"path":true}'];
  response.writeHead(200, type ? { "Content-Type": type } : {}).end(body);
}
