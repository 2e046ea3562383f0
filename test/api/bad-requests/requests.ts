import { randomUUID } from "node:crypto";
import type { Dice } from "./dice.ts";
import { damaged, junk, SCRAPS, torn } from "./junk.ts";
import { type Asked, badPayment } from "./payments.ts";
import type { WireRequest } from "./send.ts";

/** One thing that can be asked of the API, and what a good request for it looks like. */
export type Endpoint = {
  method: string;
  path: string;
  body?: Record<string, unknown>;
  /** Present, when it has a price. */
  asked?: Asked;
};

export type Known = { endpoints: readonly Endpoint[]; token: string; nowSec: number };

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "TRACE", "SEARCH"];
const TYPES = [
  "",
  "text/plain",
  "application/jsonp",
  "application/x-www-form-urlencoded",
  "multipart/form-data",
  "application/json; charset=utf-16",
  "application/json, text/html",
  "application/problem+json",
];
const TOKENS = [
  "",
  "Bearer",
  "Bearer ",
  "bearer nope",
  `Bearer ${"a".repeat(43)}`,
  "Basic YTpi",
  `Bearer ${"x".repeat(4_000)}`,
];

/** A request with at least one thing wrong with it. */
export function badRequest(dice: Dice, known: Known): WireRequest {
  const endpoint = dice.pick(known.endpoints);
  const good = goodRequest(endpoint, known);
  const wrongs: ((request: WireRequest) => void)[] = [
    (request) => void Object.assign(request, { method: dice.pick(METHODS) }),
    (request) => void Object.assign(request, { path: badPath(dice, request.path) }),
    (request) => void Object.assign(request.headers, badHeaders(dice)),
    (request) => void Object.assign(request, { body: badBody(dice, endpoint) }),
    (request) => void Object.assign(request, { body: badBody(dice, endpoint) }),
  ];
  // A paid call is unpaid without a payment, so that what is wrong with the rest would never be looked at.
  if (endpoint.asked) good.headers = { ...good.headers, ...paymentOf(dice, endpoint.asked, known) };
  for (let count = 1 + dice.roll(2); count > 0; count--) dice.pick(wrongs)(good);
  // Of headers that do not fit nobody reads the method either: a HEAD is then told in a body, which our client refuses.
  if (good.method === "HEAD" && JSON.stringify(good.headers).length > 10_000) good.method = "OPTIONS";
  return good;
}

function goodRequest({ method, path, body }: Endpoint, { token }: Known): WireRequest {
  const headers: Record<string, string> = { Authorization: `Bearer ${token}` };
  if (body) headers["Content-Type"] = "application/json";
  return { method, path, headers, body: body && Buffer.from(JSON.stringify(body)) };
}

function paymentOf(dice: Dice, asked: Asked, { nowSec }: Known): Record<string, string> {
  return Object.fromEntries(Array.from({ length: dice.once(10) ? 2 : 1 }, () => badPayment(dice, asked, nowSec)));
}

function badPath(dice: Dice, path: string): string {
  const makers = [
    () => `${path}/`,
    () => `/${path}`,
    () => path.toUpperCase(),
    () => `${path}?${encodeScrap(dice)}=${encodeScrap(dice)}`,
    () => `${path}?all=${encodeScrap(dice)}&limit=${encodeScrap(dice)}&offset=${encodeScrap(dice)}`,
    () => `${path}?address=${encodeScrap(dice)}&chainId=${encodeScrap(dice)}`,
    () => `${path}/${encodeScrap(dice)}`,
    () => path.replace(/[^/]+$/, encodeScrap(dice)),
    () =>
      path.replace(/[^/]+$/, dice.pick([randomUUID(), `msg-${randomUUID()}`, "%", "%zz", "%C0%80", "%00", "..", "."])),
    () => path.replace("/api/", dice.pick(["/api//", "/API/", "/api/../api/", "/%61pi/"])),
    () => `http://other.example${path}`,
    () => `${path}?${"a=1&".repeat(dice.roll(3_000))}`,
  ];
  return dice.pick(makers)();
}

/** Half of a pair that stands alone has no UTF-8. */
const encodeScrap = (dice: Dice): string => encodeURIComponent(dice.pick(SCRAPS).toWellFormed());

function badHeaders(dice: Dice): Record<string, string> {
  const makers: (() => Record<string, string>)[] = [
    () => ({ "Content-Type": dice.pick(TYPES) }),
    () => ({ Authorization: dice.pick(TOKENS) }),
    () => ({ "Content-Encoding": dice.pick(["gzip", "br", "nonsense"]) }),
    () => ({ Accept: dice.pick(["text/html", "*/*;q=x", "application/problem+json"]), "User-Agent": "Mozilla/5.0" }),
    () => ({ Host: dice.pick(["other.example", "", "127.0.0.1:1", "a".repeat(500), "[::1", "a b"]) }),
    () => ({ Expect: dice.pick(["100-continue", "200-ok"]) }),
    () => ({ "X-402-Session": dice.hex(32), Prefer: dice.pick(["wait=-1", "wait=99999", "wait=1e9", ";;"]) }),
    () => ({ "Idempotency-Key": "k".repeat(dice.roll(600)), "X-API-Key": dice.hex(8) }),
    () => ({ "X-Forwarded-For": dice.pick(["::::", "1.2.3.4", ",,,"]), "X-HTTP-Method-Override": "DELETE" }),
    () => ({ "X-Junk": "j".repeat(dice.roll(20_000)) }),
    () => ({ Cookie: "a=b", Range: "bytes=9-1", "If-None-Match": "*", "If-Modified-Since": "never" }),
  ];
  return dice.pick(makers)();
}

function badBody(dice: Dice, { body = {} }: Endpoint): Buffer {
  const makers = [
    () => Buffer.from(JSON.stringify(damaged(dice, body, 1 + dice.roll(3)))),
    () => Buffer.from(JSON.stringify(damaged(dice, body, 1))),
    () => Buffer.from(torn(dice, JSON.stringify(body))),
    () => Buffer.from(String(JSON.stringify(junk(dice, 3)))),
    () => Buffer.from(dice.hex(dice.roll(200)).slice(2), "hex"),
    () => Buffer.alloc(0),
    () => Buffer.from("[".repeat(dice.roll(30_000))),
    () => Buffer.alloc(60_000 + dice.roll(10_000), '"a'),
    () => Buffer.from(`\ufeff${JSON.stringify(body)}`),
  ];
  return dice.pick(makers)();
}
