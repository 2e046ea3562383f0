import { generateKeyPairSync } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Clock, systemClock } from "../../../api/clock.ts";
import { ACCOUNT_DESKS } from "./account.ts";
import { createControl, type Order } from "./control.ts";
import type { Answered, Counter } from "./counter.ts";
import { openCourier } from "./courier.ts";
import { createFaults, type Fault, spoil } from "./faults.ts";
import { MESSAGE_DESKS } from "./messages.ts";
import { NUMBER_DESKS } from "./numbers.ts";
import { receive } from "./receipts.ts";
import { isUnauthorized, notFound, Refusal } from "./refusal.ts";
import { type HeldNumber, openState, type Text } from "./state.ts";

export type TelnyxSandboxOptions = {
  /** 0, and unless told: a free one. */
  port?: number;
  apiKey?: string;
  /** A number that the account holds from the start. */
  from?: string;
  clock?: Pick<Clock, "nowMs">;
  /** How long an order of a number takes. */
  orderMs?: number;
};

export type TelnyxSandbox = {
  /** With the version in its path. */
  readonly url: string;
  readonly apiKey: string;
  /** As the portal shows it. */
  readonly publicKey: string;
  readonly from: string;
  readonly profileId: string;
  readonly poolProfileId: string;
  /** What a shop needs to know, by variable. */
  readonly env: Record<string, string>;
  order(order: Order): void;
  /** Somebody outside writes to a number of the account. */
  receive(message: { from: string; to: string; text: string }): Promise<string>;
  texts(): readonly Text[];
  numbers(): readonly HeldNumber[];
  /** What was answered to its news. */
  readonly told: readonly number[];
  /** How often it has been asked this, as faults name it. */
  asked(place: string): number;
  close(): Promise<void>;
};

const DESKS = [...NUMBER_DESKS, ...MESSAGE_DESKS, ...ACCOUNT_DESKS];
const VERSION = "/v2";

/** A carrier that speaks as Telnyx does, on this machine alone: nobody is reached. */
export async function startTelnyxSandbox(options: TelnyxSandboxOptions = {}): Promise<TelnyxSandbox> {
  const {
    port = 0,
    apiKey = "KEY0123456789SANDBOX",
    from = "+18005550199",
    clock = systemClock,
    orderMs = 1_000,
  } = options;
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const state = openState({ clock, orderMs, from });
  const counter: Counter = { state, faults: createFaults(), courier: openCourier({ clock, key: privateKey }) };
  const control = createControl(counter);
  const counts = new Map<string, number>();
  const handle = handler(counter, {
    apiKey,
    control,
    count: (place) => counts.set(place, (counts.get(place) ?? 0) + 1),
  });
  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${VERSION}`;
  const [lines, pool] = [...state.profiles.keys()] as [string, string];
  const shownKey = publicKey.export({ format: "der", type: "spki" }).subarray(-32).toString("base64");
  return {
    ...{ url, apiKey, publicKey: shownKey, from, profileId: lines, poolProfileId: pool },
    env: {
      ...{ PHONE_CARRIER: "telnyx", TELNYX_URL: url, TELNYX_API_KEY: apiKey, TELNYX_PUBLIC_KEY: shownKey },
      ...{ TELNYX_MESSAGING_PROFILE_ID: lines, TELNYX_FROM: from },
    },
    order: control.order,
    receive: (message) => receive(counter, message),
    texts: () => state.texts,
    numbers: () => [...state.held.values()],
    told: counter.courier.answers,
    asked: (place) => counts.get(place) ?? 0,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await counter.courier.close();
      await closed;
    },
  };
}

type Behind = {
  apiKey: string;
  control: ReturnType<typeof createControl>;
  count(place: string): void;
};

function handler(counter: Counter, { apiKey, control, count }: Behind) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname, searchParams: query } = new URL(request.url ?? "/", "http://carrier");
    const method = request.method ?? "";
    const body = await jsonOf(request);
    response.setHeader("Content-Type", "application/json");
    if (pathname === "/healthz") return void response.end("{}");
    const isOurs = request.headers.authorization === `Bearer ${apiKey}`;
    if (pathname.startsWith("/sandbox/") && isOurs) {
      const told = await control.answer(method, pathname, body);
      return void response.writeHead(told.status).end(textOf(told.body));
    }
    const path = pathname.startsWith(`${VERSION}/`) ? pathname.slice(VERSION.length) : "";
    const desk = DESKS.find((one) => one.method === method && one.path.test(path));
    count(desk?.place ?? "nowhere");
    const asked = { query, body, id: desk?.path.exec(path)?.[1] ?? "" };
    const serve = async () => {
      if (!isOurs) throw isUnauthorized();
      if (!desk) throw notFound();
      return desk.serve(counter, asked);
    };
    await answer(response, { fault: counter.faults.take(desk?.place ?? "nowhere"), serve });
  };
}

type Serving = { fault: Fault | undefined; serve(): Promise<Answered> };

async function answer(response: ServerResponse, { fault, serve }: Serving): Promise<void> {
  const isDone = !fault || fault.done === true || fault.how === "half";
  const answered: Answered = isDone ? await serve().catch(refusalOf) : { body: {} };
  const text = textOf(answered.body);
  if (fault) spoil(response, fault, text);
  else response.writeHead(answered.status ?? 200).end(text);
  answered.next?.();
}

function refusalOf(error: unknown): Answered {
  if (error instanceof Refusal) return { status: error.status, body: error.body };
  throw error;
}

async function jsonOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch {
    return undefined;
  }
}

const textOf = (body: unknown): string =>
  JSON.stringify(body, (_, value) => (typeof value === "bigint" ? value.toString() : value));
