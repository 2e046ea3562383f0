import type { IncomingMessage, ServerResponse } from "node:http";
import { control } from "./control.ts";
import type { Desk, Reply, Route } from "./desk.ts";
import { factRoutes } from "./facts.ts";
import { doesIt, type Fault, spoil } from "./faults.ts";
import { messageRoutes } from "./messages.ts";
import { numberRoutes } from "./numbers.ts";
import { notFound, TwilioRefusal } from "./refusal.ts";

const ROUTES: readonly Route[] = [...numberRoutes, ...messageRoutes, ...factRoutes];
const MOST_BYTES = 64 * 1024;

/** Answers one request. */
export async function serve(desk: Desk, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? "/", "http://twilio");
  if (url.pathname === "/healthz") return void response.end();
  const body = await bodyOf(request);
  response.setHeader("Content-Type", "application/json");
  const route = ROUTES.find(({ method, path }) => method === request.method && path.test(url.pathname));
  if (route) count(desk, whatOf(route, url));
  if (!isKnown(desk, request, url)) answer(response, errorReply(NOBODY));
  else if (url.pathname.startsWith("/sandbox/")) await serveControl(desk, { request, response, url, body });
  else if (route) await serveRoute(desk, route, { response, url, body });
  else answer(response, errorReply(notFound()));
}

/** Messages of a time are listed for who catches up with them. */
const whatOf = ({ what }: Route, { searchParams }: URL): string => (searchParams.has("DateSent>") ? "catch_up" : what);

const count = ({ counts }: Desk, what: string) => void counts.set(what, (counts.get(what) ?? 0) + 1);

type Serving = { response: ServerResponse; url: URL; body: string };

async function serveRoute(desk: Desk, route: Route, { response, url, body }: Serving): Promise<void> {
  const fault = desk.faults.take(whatOf(route, url));
  if (fault && !doesIt(fault)) return answerFault(response, fault);
  const reply = run(desk, route, { url, body, fault });
  await reply.before?.();
  if (fault && fault.how !== "unconfigured") spoil(response, fault, JSON.stringify(reply.json ?? ""));
  else answer(response, reply);
  reply.after?.();
}

const NOBODY = new TwilioRefusal(401, 20003, "Authenticate");

function isKnown({ login }: Desk, { headers }: IncomingMessage, { pathname }: URL): boolean {
  const logins = [`${login.accountSid}:${login.authToken}`, `${login.keySid}:${login.keySecret}`];
  const right = logins.map((one) => `Basic ${Buffer.from(one).toString("base64")}`);
  const [, account = login.accountSid] = /^\/2010-04-01\/Accounts\/(AC\w+)/.exec(pathname) ?? [];
  return right.includes(headers.authorization ?? "") && account === login.accountSid;
}

type Work = { url: URL; body: string; fault: Fault | undefined };

function run(desk: Desk, route: Route, { url, body, fault }: Work): Reply {
  const match = (route.path.exec(url.pathname) ?? []).slice(1);
  const form = new URLSearchParams(body);
  // Bought, and what was to be set with it is not.
  if (fault?.how === "unconfigured") form.delete("SmsUrl");
  try {
    const reply = route.run(desk, { match, query: url.searchParams, form, path: url.pathname });
    desk.save();
    return reply;
  } catch (error) {
    if (error instanceof TwilioRefusal) return errorReply(error);
    throw error;
  }
}

const errorReply = ({ status, json }: TwilioRefusal): Reply => ({ status, json });

function answer(response: ServerResponse, { status, json }: Reply): void {
  response.writeHead(status).end(json === undefined ? undefined : JSON.stringify(json));
}

function answerFault(response: ServerResponse, fault: Fault): void {
  if (fault.how !== "error") spoil(response, fault, "");
  else answer(response, errorReply(new TwilioRefusal(fault.status ?? 400, fault.code ?? 20001, "Ordered")));
}

type Control = { request: IncomingMessage; response: ServerResponse; url: URL; body: string };

async function serveControl(desk: Desk, { request, response, url, body }: Control): Promise<void> {
  try {
    const told = await control(desk, `${request.method} ${url.pathname}`, body ? JSON.parse(body) : undefined);
    answer(response, { status: 200, json: told });
  } catch (error) {
    answer(response, { status: 400, json: { error: (error as Error).message } });
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) throw new Error("too long");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
