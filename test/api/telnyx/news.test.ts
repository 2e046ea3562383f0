import { generateKeyPairSync, randomUUID, sign } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CarrierEvent, CarrierNews, PhoneProvider } from "../../../api/providers/phone.ts";
import { type Desk, openDesk } from "./telnyx-shop.ts";

const URL_OF_OURS = "https://shop.example";
const POOL_PROFILE = randomUUID();
const keys = generateKeyPairSync("ed25519");
/** As Telnyx' portal shows it. */
const publicKey = keys.publicKey.export({ format: "der", type: "spki" }).subarray(-32).toString("base64");

let desk: Desk;
let phone: PhoneProvider;
beforeAll(async () => {
  desk = await openDesk();
  phone = desk.open({ publicKey }, URL_OF_OURS);
});
afterAll(() => desk?.close());

type Told = { type?: string; id?: string; payload?: object; path?: string; ageSec?: number };

const outbound = (status: string, more: object = {}) => ({
  ...{ id: randomUUID(), direction: "outbound", text: "x", cost: { amount: "0.0051", currency: "USD" }, errors: [] },
  ...{ from: { phone_number: "+18005550199" }, to: [{ phone_number: "+447700900001", status }] },
  ...more,
});
const inbound = (text: string | null, more: object = {}) => ({
  ...{ id: randomUUID(), direction: "inbound", text, messaging_profile_id: desk.sandbox.profileId, cost: null },
  ...{ from: { phone_number: "+447700900001" }, to: [{ phone_number: "+12125550100", status: "webhook_delivered" }] },
  ...more,
});
const statusUrl = (reference: string) => `${URL_OF_OURS}/api/v1/carrier/telnyx/status/${reference}`;

function newsOf({ type = "message.finalized", id = randomUUID(), payload = {}, path, ageSec = 0 }: Told): CarrierNews {
  const occurred_at = new Date(desk.clock.nowMs()).toISOString();
  const data = { record_type: "event", event_type: type, id, occurred_at, payload };
  const body = Buffer.from(JSON.stringify({ data, meta: { attempt: 1 } }));
  const timestamp = String(Math.floor(desk.clock.nowMs() / 1000) - ageSec);
  const signature = sign(null, Buffer.concat([Buffer.from(`${timestamp}|`), body]), keys.privateKey).toString("base64");
  const headers = { "telnyx-signature-ed25519": signature, "telnyx-timestamp": timestamp };
  const at = path ?? "/messages";
  return { method: "POST", path: at, target: `/api/v1/carrier/telnyx${at}`, headers, body };
}
const tell = async (told: Told, on = phone) => (await on.receive?.(newsOf(told)))?.status;
const heard = async (): Promise<CarrierEvent[]> => {
  const events = await phone.events();
  await phone.acknowledge(events.map(({ id }) => id));
  return events;
};
const optedOut = async (recipient: string) => {
  const text = "select sender, is_out from app.opt_out where recipient = $1";
  return (await desk.db.pool.query(text, [recipient])).rows;
};

describe("news of a text that was sent", () => {
  it.each([
    ["sent", "sent"],
    ["delivered", "delivered"],
    ["read", "delivered"],
    ["delivery_unconfirmed", "sent"],
    ["sending_failed", "undelivered"],
    ["delivery_failed", "undelivered"],
    ["expired", "undelivered"],
  ])("%s means %s, and what it cost", async (told, status) => {
    const reference = randomUUID();
    expect(await tell({ payload: outbound(told, { webhook_url: statusUrl(reference) }) })).toBe(200);
    expect(await heard()).toMatchObject([{ kind: "receipt", reference, status, costMicroUsd: 5_100n }]);
  });

  it.each(["queued", "sending", "toasted"])("%s tells nothing", async (status) => {
    expect(await tell({ payload: outbound(status, { webhook_url: statusUrl(randomUUID()) }) })).toBe(200);
    expect(await heard()).toEqual([]);
  });

  it("is kept once, however often it is told", async () => {
    const reference = randomUUID();
    const told = { id: randomUUID(), payload: outbound("delivered", { webhook_url: statusUrl(reference) }) };
    for (let n = 0; n < 3; n++) expect(await tell(told)).toBe(200);
    expect(await heard()).toMatchObject([{ reference, status: "delivered" }]);
    await tell(told);
    expect(await heard()).toEqual([]);
  });

  it("that comes before the answer to the call is an answer itself", async () => {
    const reference = randomUUID();
    await tell({ payload: outbound("sent", { webhook_url: statusUrl(reference) }) });
    const text = { reference, line: undefined, to: "+447700900001", text: "x" };
    expect(await phone.findMessage(text, new Date(desk.clock.nowMs()))).toEqual({ kind: "accepted" });
    await heard();
  });

  it("is of the text that its signed body names, whatever path it comes by", async () => {
    const [named, other] = [randomUUID(), randomUUID()];
    await tell({ path: `/status/${other}`, payload: outbound("delivered", { webhook_url: statusUrl(named) }) });
    expect(await heard()).toMatchObject([{ reference: named }]);
    for (const webhook_url of [null, "https://elsewhere.example", `${statusUrl(other)}/`, statusUrl("x")])
      await tell({ path: `/status/${other}`, payload: outbound("delivered", { webhook_url }) });
    expect(await heard()).toEqual([]);
  });

  it("that somebody had written STOP is remembered", async () => {
    const to = [{ phone_number: "+447700900077", status: "sending_failed" }];
    const webhook_url = statusUrl(randomUUID());
    await tell({ payload: outbound("", { to, webhook_url, errors: [{ code: "40300", title: "Blocked" }] }) });
    expect(await optedOut("+447700900077")).toMatchObject([{ is_out: true }]);
    expect(await heard()).toMatchObject([{ status: "undelivered" }]);
  });
});

describe("news of a text from outside", () => {
  it("is the line's that it came to, or nobody's when that is the pool's", async () => {
    const told = { type: "message.received", payload: inbound("hi \u0000there 👋") };
    expect(await tell(told)).toBe(200);
    const line = "+12125550100";
    const from = "+447700900001";
    const mine = { kind: "inbound", line, from, to: line, text: "hi there 👋" };
    expect(await heard()).toMatchObject([mine]);
    await tell({ type: "message.received", payload: inbound("x", { to: [{ phone_number: desk.sandbox.from }] }) });
    expect(await heard()).toMatchObject([{ line: undefined, to: desk.sandbox.from }]);
    const pooled = desk.open({ publicKey, pool: { profileId: POOL_PROFILE } }, URL_OF_OURS);
    await tell({ type: "message.received", payload: inbound("x", { messaging_profile_id: POOL_PROFILE }) }, pooled);
    expect(await heard()).toMatchObject([{ line: undefined, to: line }]);
  });

  it("is kept once, though it is told as two events", async () => {
    const payload = inbound("once");
    await tell({ type: "message.received", payload });
    await tell({ type: "message.received", payload });
    expect(await heard()).toHaveLength(1);
  });

  it("may name those who write by their numbers alone", async () => {
    const payload = inbound("hi", { from: "+447700900001", to: "+12125550100" });
    await tell({ type: "message.received", payload });
    expect(await heard()).toMatchObject([{ from: "+447700900001", line: "+12125550100", text: "hi" }]);
  });

  it("may have no words: a picture", async () => {
    await tell({ type: "message.received", payload: inbound(null, { media: [{ url: "https://x.example" }] }) });
    expect(await heard()).toMatchObject([{ kind: "inbound", text: "" }]);
  });

  it("is a wish where Telnyx took it for one", async () => {
    const from = { phone_number: "+447700900078" };
    await tell({ type: "message.received", payload: inbound("arrêt", { from, autoresponse_type: "STOP" }) });
    expect(await optedOut(from.phone_number)).toMatchObject([{ sender: "+12125550100", is_out: true }]);
    await heard();
  });
});

describe("news that is", () => {
  const payload = () => outbound("delivered", { webhook_url: statusUrl(randomUUID()) });
  it.each<[string, (news: CarrierNews) => CarrierNews]>([
    ["unsigned", (news) => ({ ...news, headers: {} })],
    ["changed", (news) => ({ ...news, body: Buffer.concat([news.body, Buffer.from(" ")]) })],
    ["signed by another", (news) => ({ ...news, headers: { ...news.headers, "telnyx-timestamp": "1" } })],
  ])("%s is refused, and not kept", async (_, change) => {
    expect(await phone.receive?.(change(newsOf({ payload: payload() })))).toEqual({ status: 403 });
    expect(await heard()).toEqual([]);
  });

  it.each([301, -301])("%i seconds old is refused, and not kept", async (ageSec) => {
    expect(await tell({ payload: payload(), ageSec })).toBe(403);
    expect(await heard()).toEqual([]);
  });

  it.each([300, -300])("%i seconds old is believed", async (ageSec) => {
    expect(await tell({ payload: payload(), ageSec })).toBe(200);
    expect(await heard()).toHaveLength(1);
  });

  it("of another kind is taken, so that it is not told again, and not kept", async () => {
    expect(await tell({ type: "number_order.complete", payload: { id: "1", status: "success" } })).toBe(200);
    expect(await heard()).toEqual([]);
    expect(desk.logs.join()).toContain("of no known kind");
  });

  it("not put on record is not answered with a 2xx", async () => {
    const news = newsOf({ payload: payload() });
    const away = await openDesk();
    const closed = away.open({ publicKey }, URL_OF_OURS);
    away.clock.advance((desk.clock.nowMs() - away.clock.nowMs()) / 1000);
    await away.close();
    await expect(closed.receive?.(news)).rejects.toThrow();
  });
});
