import { decodePaymentRequiredHeader } from "@x402/core/http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { offersOf } from "../../api/offers.ts";
import { createWorld, creation, type World } from "../world.ts";
import { createDice } from "./bad-requests/dice.ts";
import type { Asked } from "./bad-requests/payments.ts";
import { badRequest, type Endpoint } from "./bad-requests/requests.ts";
import { openWire, type Wire, type WireAnswer, type WireRequest } from "./bad-requests/send.ts";
import { merchantWallet, signedIn } from "./support/wallet.ts";
import { FakeFacilitator } from "./x402/fake-facilitator.ts";

const RUNS = 8_000;
const AT_ONCE = 8;

const PAY_PER_CALL = {
  BASE_RPC_URL: "http://127.0.0.1:1",
  RECEIVER_ADDRESS: "0x2222222222222222222222222222222222222222",
  RECEIVER_START_BLOCK: "1",
  SETTLER_KEY: "11".repeat(32),
  PHONE_CARRIER: "sandbox",
};

let world: World;
let wire: Wire;
let facilitator: FakeFacilitator;
beforeAll(async () => {
  world = await createWorld(PAY_PER_CALL, ({ indexed }) => {
    facilitator = new FakeFacilitator(indexed);
    return { facilitator };
  });
  wire = openWire(world.url);
});
afterAll(async () => {
  wire?.close();
  await world?.close();
});

const KEY = "/api/v1/keys/00000000-0000-4000-8000-000000000000";

/** All that /api/v1 and /api/402 offer; what is sold comes from the offers, with the bodies that they show. */
async function endpointsOf(): Promise<Endpoint[]> {
  const one = `/api/402/apis/${await world.sell()}`;
  const free: Endpoint[] = [
    { method: "GET", path: "/api/v1/auth/siwe" },
    { method: "POST", path: "/api/v1/auth/siwe", body: { message: "hello", signature: "0x12" } },
    { method: "GET", path: "/api/v1/numbers/mine" },
    { method: "GET", path: "/api/v1/numbers/mine/messages" },
    { method: "GET", path: "/api/v1/messages/msg-00000000-0000-4000-8000-000000000000" },
    { method: "GET", path: "/api/v1/orders/00000000-0000-4000-8000-000000000000" },
    { method: "GET", path: "/api/v1/balance" },
    { method: "GET", path: "/api/v1/transactions" },
    { method: "GET", path: "/api/v1/x402/info" },
    { method: "GET", path: "/api/v1/keys" },
    { method: "POST", path: "/api/v1/keys", body: { name: "agent", cap_usd: -1, may_manage: false } },
    { method: "PATCH", path: KEY, body: { name: "renamed", cap_usd: 5 } },
    { method: "POST", path: `${KEY}/rotate` },
    { method: "DELETE", path: KEY },
    { method: "GET", path: "/api/402/apis" },
    { method: "POST", path: "/api/402/apis", body: creation(world) },
    { method: "GET", path: one },
    { method: "PATCH", path: one, body: { p_name: "Renamed" } },
    { method: "POST", path: `${one}/pause` },
    { method: "POST", path: `${one}/resume` },
    { method: "GET", path: `${one}/earnings` },
  ];
  const sold = offersOf(world.server.deps).map(async ({ method, path, docs }): Promise<Endpoint> => {
    return { method, path, body: docs.exampleInput, asked: await askedAt(path) };
  });
  // What is sold comes up three times as often: there is most to break.
  return [...free, ...(await Promise.all(sold)).flatMap((paid) => [paid, paid, paid])];
}

async function askedAt(path: string): Promise<Asked> {
  const { headers, body } = await world.ask(path, { method: "POST" });
  const required = decodePaymentRequiredHeader(headers.get("payment-required") as string);
  return { v2: { ...required }, v1: body.accepts[0] };
}

/** What is wrong with an answer, told as text; undefined when it is as every answer must be. */
function faultOf({ method, path }: WireRequest, { status, headers, text }: WireAnswer): string | undefined {
  if (status >= 500) return `status ${status}: ${text}`;
  for (const name of ["x-request-id", "x-ratelimit-remaining", "access-control-allow-origin"])
    if (headers[name] === undefined) return `no ${name}`;
  if (status < 400 || method === "HEAD") return undefined;
  const { error, code, message } = JSON.parse(text) as Record<string, unknown>;
  // Room by room, but where only a second reading of the path shows the room.
  const told = /^(?!.*\/\.)\/api\/v1\//.test(path) ? error : path.startsWith("/api/402/") ? code : (error ?? code);
  return typeof told === "string" && typeof message === "string" ? undefined : `body ${text}`;
}

/** Sends them all, and tells what was wrong with the answers. */
async function sendAll(): Promise<{ counts: Record<number, number>; forged: number; faults: string[] }> {
  const { Authorization = "" } = await signedIn(world, merchantWallet);
  const known = { endpoints: await endpointsOf(), token: Authorization.slice(7), nowSec: world.clock.nowSec };
  const counts: Record<number, number> = {};
  const faults: string[] = [];
  let forged = 0;
  let run = 0;
  const hand = async () => {
    while (run < RUNS) {
      const seed = run++;
      const request = badRequest(createDice(seed), known);
      const answer = await wire.send(request);
      counts[answer.status] = (counts[answer.status] ?? 0) + 1;
      if (answer.status === 402 && answer.text.includes('"invalid_signature"')) forged++;
      const fault = faultOf(request, answer);
      if (fault) faults.push(`seed ${seed}: ${fault}: ${shown(request)}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, hand));
  return { counts, forged, faults };
}

const EFFECTS = [
  "app.x402_order",
  "app.ledger_entry",
  "(select from app.account where kind = 'customer') as customer",
  "app.carrier_call",
  "app.lease",
  "app.message",
  "carrier.purchase",
];

async function effects(): Promise<number> {
  const counts = EFFECTS.map((table) => `(select count(*) from ${table})`).join(" + ");
  const { rows } = await world.server.deps.db.pool.query<{ sum: string }>(`select ${counts} as sum`);
  return Number(rows[0]?.sum);
}

describe(`${RUNS} requests with something wrong`, () => {
  it("are refused in each room's own shape, without a fault of ours and without a charge", async () => {
    const { counts, forged, faults } = await sendAll();
    expect(faults.slice(0, 10)).toEqual([]);
    expect(world.logs.filter((line) => line.includes('"level":50'))).toEqual([]);
    expect(facilitator.settles).toBe(0);
    expect(await effects()).toBe(0);
    // They got as far as a payment could without a signature, and into every refusal on the way.
    expect(forged).toBeGreaterThan(100);
    for (const status of [400, 401, 402, 404, 405, 413, 414, 415, 431])
      expect(counts[status], `${status} of ${JSON.stringify(counts)}`).toBeGreaterThan(10);
  });
});

const shown = ({ method, path, headers, body }: WireRequest): string =>
  `${method} ${path.slice(0, 200)} ${JSON.stringify(headers).slice(0, 600)} ${body?.toString().slice(0, 200)}`;
