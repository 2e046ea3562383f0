import { createServer, request as httpRequest, type IncomingHttpHeaders, type Server } from "node:http";
import { type AddressInfo, connect as connectTcp } from "node:net";
import { buildConnector } from "undici";
import { gateErrorBody } from "../../../api/errors.ts";
import type { Connectors } from "../../../api/providers/upstream/connector.ts";
import type { Outcome, Target, Upstream } from "../../../api/providers/upstream/target.ts";
import { createUpstream, type UpstreamOptions } from "../../../api/providers/upstream/upstream.ts";

/** What must never be seen by a caller or in a log. */
export const HIDDEN = {
  host: "hidden-upstream.example.net",
  path: "/hidden-path",
  parameter: "hidden-parameter-5f1",
  headerName: "x-hidden-header",
  headerValue: "hidden-secret-77aa",
} as const;

export type ProxyUnderTest = {
  port: number;
  upstream: Upstream;
  log: object[];
  outcomes: Outcome[];
  /** Where the next requests go; their own path and query are the caller's part. */
  target: Target;
  server: Server;
  close(): Promise<void>;
};

/** A server whose every request is streamed to `target`, over a real socket on both sides. */
export async function openProxy(options: Partial<UpstreamOptions> = {}): Promise<ProxyUnderTest> {
  const log: object[] = [];
  const outcomes: Outcome[] = [];
  const upstream = createUpstream({
    allow: [],
    ownHosts: ["turnpike.example.org:443"],
    render: (error) => JSON.stringify(gateErrorBody(error)),
    log: { warn: (fields, message) => log.push({ ...fields, message }) },
    ...options,
  });
  const server = createServer((request, response) => {
    const [path = "", query = ""] = (request.url ?? "").split("?");
    const target = { ...proxy.target, path: path === "/" ? "" : path, query };
    upstream.stream(target, { request, response, onEnd: (outcome) => outcomes.push(outcome) });
  });
  const port = await listening(server);
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await upstream.close();
  };
  const target = { apiId: "api-1", url: "", headers: {}, path: "", query: "" };
  const proxy: ProxyUnderTest = { port, upstream, log, outcomes, target, server, close };
  return proxy;
}

export async function listening(server: {
  listen(port: number, host: string, done: () => void): unknown;
  address(): unknown;
}) {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

/** A masked API at the hidden host, whose name leads to `port` on loopback however often it is looked up. */
export function hidden(
  port: number,
  path: string = HIDDEN.path,
): { options: Partial<UpstreamOptions>; target: Target } {
  const authority = `${HIDDEN.host}:${port}`;
  return {
    options: { allow: [authority], connectors: loopback(port) },
    target: {
      apiId: "api-1",
      url: `http://${authority}${path}?key=${HIDDEN.parameter}`,
      headers: { [HIDDEN.headerName]: HIDDEN.headerValue },
      path: "",
      query: "",
    },
  };
}

/** Sockets that lead to loopback whatever host they are asked for. */
export function loopback(port: number, connectMs = 5_000): Connectors {
  const base = buildConnector({ timeout: connectMs, allowH2: false });
  const connect: buildConnector.connector = (options, callback) =>
    base({ ...options, hostname: "127.0.0.1", port: String(port) }, callback);
  return { guarded: connect, exempt: connect };
}

export type Seen = { status: number; headers: IncomingHttpHeaders; raw: string[]; body: Buffer; isCut: boolean };
export type Ask = { path?: string; method?: string; headers?: Record<string, string>; body?: Buffer | string };

/** One request on a connection of its own. `isCut` when the answer did not come to a clean end. */
export function ask(port: number, { path = "/", method = "GET", headers = {}, body }: Ask = {}): Promise<Seen> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ port, host: "127.0.0.1", path, method, headers, agent: false });
    request.once("error", reject);
    request.once("response", (response) => {
      const chunks: Buffer[] = [];
      const { statusCode = 0, headers, rawHeaders } = response;
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("error", () => {});
      response.once("close", () =>
        resolve({
          status: statusCode,
          headers,
          raw: rawHeaders,
          body: Buffer.concat(chunks),
          isCut: !response.complete,
        }),
      );
    });
    request.end(body);
  });
}

/** Writes raw bytes and gives everything that comes back until the server closes or `isEnough`. */
export function talk(port: number, text: string, isEnough: (answer: string) => boolean = () => false): Promise<string> {
  return new Promise((resolve) => {
    let answer = "";
    const socket = connectTcp(port, "127.0.0.1", () => socket.write(text, "latin1"));
    socket.on("data", (chunk) => {
      answer += chunk.toString("latin1");
      if (isEnough(answer)) socket.destroy();
    });
    socket.on("error", () => {});
    socket.once("close", () => resolve(answer));
  });
}

export const codeOf = (seen: Seen): unknown => JSON.parse(seen.body.toString()).code;

/** Waits for a condition that another socket brings about. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
