import { type ChildProcess, spawn } from "node:child_process";
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import path from "node:path";

const MODULES = path.resolve(import.meta.dirname, "../../../node_modules");
const LEASH = path.resolve(import.meta.dirname, "../../../dev/leash.ts");
const SPECS = path.join(MODULES, "@twilio/cli-core/src/services/twilio-api");

/** Twilio's own specifications, and which paths are theirs. */
const CONTRACTS = [
  { spec: "twilio_api_v2010.json", paths: /^\/2010-04-01\// },
  { spec: "twilio_pricing_v1.json", paths: /^\/v1\/PhoneNumbers\/Countries/ },
  { spec: "twilio_messaging_v1.json", paths: /^\/v1\/Services/ },
  { spec: "twilio_lookups_v2.json", paths: /^\/v2\/PhoneNumbers/ },
] as const;

export type Prism = {
  /** Stands in for all of Twilio's hosts. */
  readonly url: string;
  /** What was asked for, and how often, by specification. */
  readonly asked: ReadonlyMap<string, number>;
  /** What neither the adapter may ask nor the sandbox answer. */
  readonly violations: readonly string[];
  close(): Promise<void>;
};

/** Prism between an adapter and `upstream`, one process a specification: it lets nothing through that is not in it. */
export async function startPrism(upstream: string): Promise<Prism> {
  const asked = new Map<string, number>();
  const violations: string[] = [];
  const proxies = await Promise.all(
    CONTRACTS.map(async (one) => ({ ...one, ...(await startProxy(one.spec, upstream)) })),
  );
  const forward = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const proxy = proxies.find(({ paths }) => paths.test(incoming.url ?? ""));
    if (!proxy) return void response.writeHead(404).end();
    asked.set(proxy.spec, (asked.get(proxy.spec) ?? 0) + 1);
    const { answer, text } = await relay(proxy.port, incoming);
    const { statusCode = 500, headers } = answer;
    const told = String(headers["sl-violations"] ?? "[]");
    // Twilio's specifications have no errors.
    const isOfErrors = statusCode >= 400 && JSON.parse(told).every(isOfStatus);
    const isPrisms = text.includes("https://stoplight.io/prism/errors");
    if (isPrisms || (told !== "[]" && !isOfErrors))
      violations.push(`${incoming.method} ${incoming.url}: ${isPrisms ? text : told}`);
    response.writeHead(statusCode, { "Content-Type": "application/json" }).end(text);
  };
  const server = createServer((incoming, response) => void forward(incoming, response).catch(() => response.destroy()));
  return {
    url: `http://127.0.0.1:${await listen(server)}`,
    asked,
    violations,
    close: async () => {
      server.closeAllConnections();
      await Promise.all([new Promise((done) => server.close(done)), ...proxies.map(({ child }) => end(child))]);
    },
  };
}

const isOfStatus = ({ message }: { message: string }) => message.startsWith("Unable to match the returned status code");

/** By Node's own client: prism gives an answer without content a length, over which others stumble. */
async function relay(port: number, incoming: IncomingMessage): Promise<{ answer: IncomingMessage; text: string }> {
  const { host, connection, ...headers } = incoming.headers;
  const { method, url: path } = incoming;
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const outgoing = request({ host: "127.0.0.1", port, path, method, headers }, resolve);
    incoming.pipe(outgoing).once("error", reject);
  });
  return { answer, text: (await answer.toArray()).join("") };
}

async function startProxy(spec: string, upstream: string): Promise<{ child: ChildProcess; port: number }> {
  const port = await freePort();
  // A test that is killed leaves no prism behind.
  const command = ["--import", LEASH, path.join(MODULES, "@stoplight/prism-cli/dist/index.js"), "proxy", "--errors"];
  const child = spawn(
    path.join(MODULES, ".bin/node"),
    [...command, "-h", "127.0.0.1", "-p", String(port), path.join(SPECS, spec), upstream],
    { env: { ...process.env, SCARF_ANALYTICS: "false" }, stdio: ["ignore", "pipe", "inherit", "ipc"] },
  );
  await new Promise<void>((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`prism for ${spec} ended with ${code}`)));
    child.stdout?.on("data", (chunk: Buffer) => chunk.includes("is listening on") && resolve());
  });
  return { child, port };
}

function end(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once("exit", () => resolve());
    child.kill("SIGKILL");
  });
}

async function freePort(): Promise<number> {
  const server = createTcpServer();
  const port = await listen(server as Server);
  await new Promise((done) => server.close(done));
  return port;
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}
