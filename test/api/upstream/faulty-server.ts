import { createServer, type Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { listening } from "./proxy.ts";

export type FaultyServer = {
  port: number;
  /** Request heads and bodies as they came in, one string for each connection. */
  received: string[];
  connections: Set<Socket>;
  close(): Promise<void>;
};

/** Called once for each request head on a connection; `received` gives all that came over it so far. */
export type Behaviour = (socket: Socket, received: () => string) => void;

const OK = "HTTP/1.1 200 OK\r\n";
const sends =
  (...parts: (string | Buffer)[]): Behaviour =>
  (socket) =>
    parts.forEach((part) => {
      socket.write(typeof part === "string" ? Buffer.from(part, "latin1") : part);
    });
const sendsAndCloses =
  (text: string): Behaviour =>
  (socket) =>
    socket.end(Buffer.from(text, "latin1"));
const sendsAndResets =
  (text: string): Behaviour =>
  (socket) =>
    socket.write(Buffer.from(text, "latin1"), () => setImmediate(() => socket.resetAndDestroy()));

export const BOMB = gzipSync(Buffer.alloc(40_000_000));
export const NESTED = "[".repeat(200_000) + "]".repeat(200_000);

/** Everything an upstream may do wrong, by name. */
export const BEHAVIOURS = {
  good: sends(`${OK}Content-Type: application/json\r\nContent-Length: 11\r\n\r\n{"ok":true}`),
  resetsAtOnce: sendsAndResets(""),
  resetsMidHeader: sendsAndResets(`${OK}Content-Ty`),
  closesMidHeader: sendsAndCloses(`${OK}Content-Ty`),
  resetsMidBody: sendsAndResets(`${OK}Content-Length: 1000\r\n\r\nhalf of it`),
  closesMidBody: sendsAndCloses(`${OK}Content-Length: 1000\r\n\r\nhalf of it`),
  closesMidChunks: sendsAndCloses(`${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n5\r\nwo`),
  resetsBodyWithoutLength: sendsAndResets(`${OK}Connection: close\r\n\r\nhalf of it`),
  endsBodyWithoutLength: sendsAndCloses(`${OK}Connection: close\r\n\r\nall of it`),
  silent: () => {},
  stopsMidHeader: sends(`${OK}Content-Ty`),
  stopsMidBody: sends(`${OK}Content-Length: 1000\r\n\r\nhalf of it`),
  drips: (socket) => {
    socket.write(`${OK}Content-Length: 100000\r\n\r\n`);
    const timer = setInterval(() => socket.write("."), 10);
    socket.once("close", () => clearInterval(timer));
  },
  endless: (socket) => {
    const chunk = Buffer.alloc(65_536, "x");
    const fill = () => {
      while (!socket.destroyed && socket.write(chunk));
    };
    socket.on("drain", fill);
    socket.write(`${OK}Content-Length: 10000000000\r\n\r\n`);
    fill();
  },
  endlessChunked: (socket) => {
    const chunk = Buffer.from(`10000\r\n${"x".repeat(65_536)}\r\n`);
    const fill = () => {
      while (!socket.destroyed && socket.write(chunk));
    };
    socket.on("drain", fill);
    socket.write(`${OK}Transfer-Encoding: chunked\r\n\r\n`);
    fill();
  },
  moreThanLength: sends(`${OK}Content-Length: 5\r\n\r\nhello and more`),
  lengthAndChunked: sends(`${OK}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`),
  twoLengths: sends(`${OK}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!`),
  negativeLength: sends(`${OK}Content-Length: -5\r\n\r\nhello`),
  gzipCoding: sends(`${OK}Transfer-Encoding: gzip, chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`),
  badChunk: sends(`${OK}Transfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n`),
  controlInHeader: sends(`${OK}Content-Type: text/\x01plain\r\nContent-Length: 2\r\n\r\nhi`),
  nulInHeader: sends(`${OK}Etag: a\x00b\r\nContent-Length: 2\r\n\r\nhi`),
  spaceInHeaderName: sends(`${OK}Content Type: text/plain\r\nContent-Length: 2\r\n\r\nhi`),
  bareLineFeeds: sends("HTTP/1.1 200 OK\nContent-Length: 2\n\nhi"),
  highBytesInHeader: sends(`${OK}Content-Type: text/pl\xe4in\r\nContent-Length: 2\r\n\r\nhi`),
  hugeHeader: sends(`${OK}X-Big: ${"x".repeat(100_000)}\r\nContent-Length: 2\r\n\r\nhi`),
  noHttp: sendsAndCloses("220 ftp ready\r\n"),
  status999: sends("HTTP/1.1 999 Odd\r\nContent-Length: 2\r\n\r\nhi"),
  continues: sends(`HTTP/1.1 100 Continue\r\n\r\n${OK}Content-Length: 2\r\n\r\nhi`),
  hints: sends(
    `HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n${OK}Content-Length: 2\r\n\r\nhi`,
  ),
  switchesProtocols: sends("HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n"),
  noContentWithBody: sends("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello"),
  notModifiedWithBody: sends('HTTP/1.1 304 Not Modified\r\nEtag: "1"\r\nContent-Length: 5\r\n\r\nhello'),
  redirects: sends("HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/latest\r\nContent-Length: 0\r\n\r\n"),
  refuses500: sends("HTTP/1.1 500 Oops\r\nContent-Type: text/plain\r\nRetry-After: 3\r\nContent-Length: 4\r\n\r\noops"),
  bomb: sends(
    `${OK}Content-Type: text/plain\r\nContent-Encoding: gzip\r\nContent-Length: ${BOMB.length}\r\n\r\n`,
    BOMB,
  ),
  gzipped: sends(`${OK}Content-Type: text/plain\r\nContent-Encoding: gzip\r\nConnection: close\r\n`, gzipped("hello")),
  notGzip: sends(`${OK}Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello`),
  oddCoding: sends(`${OK}Content-Encoding: constructor\r\nContent-Length: 5\r\n\r\nhello`),
  invalidJson: sends(`${OK}Content-Type: application/json\r\nContent-Length: 5\r\n\r\n{"a":`),
  wrongCharset: sends(`${OK}Content-Type: text/plain; charset=klingon-8\r\nContent-Length: 2\r\n\r\n\xff\xfe`),
  nestedJson: sends(`${OK}Content-Type: application/json\r\nContent-Length: ${NESTED.length}\r\n\r\n${NESTED}`),
  html: sends(`${OK}Content-Type: text/html\r\nContent-Disposition: inline\r\nContent-Length: 8\r\n\r\n<script>`),
  svg: sends(`${OK}Content-Type: image/svg+xml\r\nContent-Length: 4\r\n\r\n<svg`),
  tells: (socket, received) => {
    const last =
      received()
        .split(/(?=GET )/)
        .at(-1) ?? "";
    const [, path = "", host = ""] = /^\S+ (\S+)[\s\S]*?host: (\S+)/.exec(last) ?? [];
    const own = `http://${host}${path}`;
    const type = `Content-Type: application/ld+json; profile="${own}"; charset=utf-8; version="${path}"`;
    const disposition = `Content-Disposition: attachment; filename="${path.slice(1).replaceAll("/", "-")}"`;
    socket.write(`${OK}${type}\r\nETag: "${path}"\r\n${disposition}\r\nContent-Length: 2\r\n\r\n{}`);
  },
  events: (socket) => socket.write(`${OK}Content-Type: text/event-stream\r\n\r\ndata: one\n\n`),
} satisfies Record<string, Behaviour>;

export type BehaviourName = keyof typeof BEHAVIOURS;

/** Speaks raw TCP and behaves as the path's last segment says; keeps the connection open unless the behaviour closes it. */
export async function openFaultyServer(own: Record<string, Behaviour> = {}): Promise<FaultyServer> {
  const all: Record<string, Behaviour> = { ...BEHAVIOURS, ...own };
  const connections = new Set<Socket>();
  const received: string[] = [];
  const server = createServer((socket) => {
    connections.add(socket);
    const index = received.push("") - 1;
    let unread = "";
    socket.on("error", () => {});
    socket.once("close", () => connections.delete(socket));
    socket.on("data", (chunk) => {
      received[index] += chunk.toString("latin1");
      unread += chunk.toString("latin1");
      const end = unread.indexOf("\r\n\r\n");
      if (end < 0) return;
      const head = unread.slice(0, end + 4);
      unread = unread.slice(end + 4);
      const name = /^\S+ [^ ?]*?(\w+)[ ?]/.exec(head)?.[1] ?? "";
      all[name]?.(socket, () => received[index] ?? "");
    });
  });
  const port = await listening(server);
  const close = async () => {
    for (const socket of connections) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  return { port, received, connections, close };
}

function gzipped(text: string): Buffer {
  const body = gzipSync(text);
  return Buffer.concat([Buffer.from(`Content-Length: ${body.length}\r\n\r\n`), body]);
}
