import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { setTimeout as pause } from "node:timers/promises";

/** The API that the demo hides behind a price: something of each kind that a real one may answer. */
const routes: Record<string, (request: IncomingMessage, response: ServerResponse) => Promise<void>> = {
  "/": async (_, response) => json(response, 200, { paths: Object.keys(routes) }),
  "/quote": async (_, response) => json(response, 200, quote()),
  "/text": async (_, response) => send(response, "text/plain; charset=utf-8", "You paid for this line of text.\n"),
  "/image": async (_, response) => send(response, "image/png", PIXEL),
  "/echo": echo,
  "/slow": async (request, response) => {
    await pause(delayMs(request));
    json(response, 200, quote());
  },
  "/fail": async (_, response) => json(response, 500, { error: "the upstream is out of order, as you asked" }),
};

const PIXEL = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==",
  "base64",
);
const LONGEST_DELAY_MS = 60_000;

const server = createServer((request, response) => {
  const answer = routes[urlOf(request).pathname];
  if (!answer) return json(response, 404, { error: "not found" });
  answer(request, response).catch(() => response.destroy());
});
server.listen(Number(process.env.PORT), "127.0.0.1");
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    server.close();
    server.closeAllConnections();
    process.disconnect?.();
  });
}

const urlOf = (request: IncomingMessage): URL => new URL(request.url ?? "/", "http://upstream");

const quote = () => ({ pair: "AVAX/USD", price: (20 + Math.random()).toFixed(4), at: new Date().toISOString() });

const delayMs = (request: IncomingMessage): number =>
  Math.min(Number(urlOf(request).searchParams.get("ms") ?? 3_000) || 0, LONGEST_DELAY_MS);

async function echo(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const query = Object.fromEntries(urlOf(request).searchParams);
  json(response, 200, { method: request.method, query, body: Buffer.concat(chunks).toString("utf8") });
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.statusCode = status;
  send(response, "application/json", JSON.stringify(body));
}

function send(response: ServerResponse, contentType: string, body: string | Buffer): void {
  response.setHeader("content-type", contentType);
  response.end(body);
}
