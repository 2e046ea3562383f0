import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import Telnyx from "telnyx";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isSigned } from "../../../api/providers/phone/telnyx/signature.ts";
import { startTelnyxSandbox, type TelnyxSandbox } from "../../../dev/carriers/telnyx/server.ts";

let sandbox: TelnyxSandbox;
let client: Telnyx;
beforeAll(async () => {
  sandbox = await startTelnyxSandbox({ orderMs: 0 });
  const { apiKey, url: baseURL, publicKey } = sandbox;
  // It sends a text three times otherwise, when the first answer is a 503.
  client = new Telnyx({ apiKey, baseURL, publicKey, maxRetries: 0, timeout: 5_000 });
});
afterAll(() => sandbox?.close());

describe("Telnyx' own client at the sandbox", () => {
  it("searches, orders, configures, lists and gives back", async () => {
    const filter = { country_code: "US", features: ["sms" as const], limit: 5 };
    const { data: found = [] } = await client.availablePhoneNumbers.list({ filter });
    expect(found).toHaveLength(5);
    expect(found[0]?.cost_information).toMatchObject({ currency: "USD", monthly_cost: "1.00000" });
    const phone_number = found[0]?.phone_number as string;
    const { data: placed } = await client.numberOrders.create({
      phone_numbers: [{ phone_number }],
      messaging_profile_id: sandbox.profileId,
      customer_reference: "mine",
    });
    expect(placed).toMatchObject({ status: "pending", customer_reference: "mine" });
    const { data: filled } = await client.numberOrders.retrieve(placed?.id as string);
    expect(filled).toMatchObject({ status: "success", phone_numbers: [{ phone_number, status: "success" }] });
    const orders = await client.numberOrders.list({ filter: { customer_reference: "mine" } });
    expect(orders.data).toMatchObject([{ id: placed?.id }]);
    const held = await client.phoneNumbers.list({ filter: { phone_number } });
    expect(held.data).toMatchObject([{ phone_number, messaging_profile_id: sandbox.profileId }]);
    const id = held.data?.[0]?.id as string;
    const { data: renamed } = await client.phoneNumbers.update(id, { customer_reference: "yours" });
    expect(renamed?.customer_reference).toBe("yours");
    const other = { messaging_profile_id: sandbox.poolProfileId };
    const { data: moved } = await client.phoneNumbers.messaging.update(id, other);
    expect(moved?.messaging_profile_id).toBe(sandbox.poolProfileId);
    expect((await client.phoneNumbers.delete(id)).data).toMatchObject({ phone_number, status: "deleted" });
    await expect(client.phoneNumbers.retrieve(id)).rejects.toBeInstanceOf(Telnyx.NotFoundError);
  });

  it("sends, reads and pages through texts", async () => {
    const to = "+447700900001";
    for (let n = 0; n < 3; n++) await client.messages.send({ from: sandbox.from, to, text: `text ${n}`, type: "SMS" });
    const filter = { record_type: "messaging" as const, cld: to, direction: "outbound" };
    const ids: unknown[] = [];
    for await (const record of client.detailRecords.list({ filter, "page[size]": 2 }))
      ids.push((record as { uuid?: string }).uuid);
    expect(ids).toEqual(sandbox.texts().map(({ id }) => id));
    const { data: one } = await client.messages.retrieve(String(ids[0]));
    expect(one).toMatchObject({ text: "text 2", cost: { amount: "0.0040", currency: "USD" }, parts: 1 });
  });

  it("knows the account: balance, profiles, look-up", async () => {
    expect((await client.balance.retrieve()).data).toMatchObject({ currency: "USD" });
    const { data: profile } = await client.messagingProfiles.retrieve(sandbox.profileId);
    expect(profile).toMatchObject({ enabled: true, webhook_api_version: "2" });
    const { data: facts } = await client.numberLookup.retrieve("+12025550141", { type: "carrier" });
    expect(facts?.carrier).toMatchObject({ type: "fixed line", name: "Sandbox Mobile" });
  });

  it.each([
    [{ to: "no number", text: "x" }, "40310"],
    [{ to: "+447700900001", text: "x", from: "+12125559999" }, "40305"],
    [{ to: "+447700900001", text: "" }, "10004"],
  ])("is refused as there: %j", async (message, code) => {
    const sent = client.messages.send({ from: sandbox.from, ...message });
    await expect(sent).rejects.toMatchObject({ error: { errors: [{ code }] } });
  });

  it("is told of wrong keys, and to wait", async () => {
    const wrong = new Telnyx({ apiKey: "KEY", baseURL: sandbox.url, maxRetries: 0 });
    await expect(wrong.balance.retrieve()).rejects.toBeInstanceOf(Telnyx.AuthenticationError);
    sandbox.order({ fault: { place: "balance", how: "429", retryAfterSec: 3 } });
    const busy = client.balance.retrieve();
    await expect(busy).rejects.toBeInstanceOf(Telnyx.RateLimitError);
    sandbox.order({ fault: { place: "balance", how: "500" } });
    await expect(client.balance.retrieve()).rejects.toBeInstanceOf(Telnyx.InternalServerError);
  });
});

type Heard = { body: string; headers: Record<string, string> };

describe("news of the sandbox", () => {
  const heard: Heard[] = [];
  const ear = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString("utf8");
    heard.push({ body, headers: request.headers as Record<string, string> });
    response.end();
  });
  let webhook_url = "";
  beforeAll(async () => {
    await new Promise<void>((resolve) => ear.listen(0, "127.0.0.1", resolve));
    webhook_url = `http://127.0.0.1:${(ear.address() as AddressInfo).port}/`;
  });
  afterAll(() => {
    ear.closeAllConnections();
    ear.close();
  });
  const ours = ({ body, headers }: Heard, nowMs = Date.now()) =>
    isSigned({ body: Buffer.from(body), headers }, { publicKey: sandbox.publicKey, nowMs });
  const theirs = ({ body, headers }: Heard) =>
    client.webhooks.unwrap(body, { headers }).then(
      () => true,
      () => false,
    );

  it("bears a signature that Telnyx' client and we believe alike", async () => {
    const text = "it's 10 € 👋";
    await client.messages.send({ from: sandbox.from, to: "+447700900002", text, webhook_url });
    await expect.poll(() => heard.length).toBe(2);
    for (const one of heard) expect([await theirs(one), ours(one)]).toEqual([true, true]);
    const events = await Promise.all(heard.map(({ body, headers }) => client.webhooks.unwrap(body, { headers })));
    expect(events).toMatchObject([
      { data: { event_type: "message.sent", payload: { text, to: [{ status: "sent" }] } } },
      { data: { event_type: "message.finalized", payload: { text, to: [{ status: "delivered" }] } } },
    ]);
  });

  const spoilt = (change: (one: Heard) => Heard): Heard => change(structuredClone(heard[0] as Heard));
  const withHeader = (name: string, value: (old: string) => string) => (one: Heard) => ({
    ...one,
    headers: { ...one.headers, [name]: value(one.headers[name] ?? "") },
  });
  const flip = (base64: string) => (base64.startsWith("A") ? "B" : "A") + base64.slice(1);
  it.each<[string, (one: Heard) => Heard]>([
    ["another body", (one) => ({ ...one, body: `${one.body} ` })],
    ["another time", withHeader("telnyx-timestamp", (old) => String(Number(old) - 1))],
    ["another signature", withHeader("telnyx-signature-ed25519", flip)],
    ["a cut signature", withHeader("telnyx-signature-ed25519", (old) => old.slice(0, 40))],
    ["no signature", withHeader("telnyx-signature-ed25519", () => "")],
    ["no time", withHeader("telnyx-timestamp", () => "")],
    ["a time that is none", withHeader("telnyx-timestamp", () => "yesterday")],
  ])("is believed by neither with %s", async (_, change) => {
    expect([await theirs(spoilt(change)), ours(spoilt(change))]).toEqual([false, false]);
  });

  it("is believed within five minutes either way", () => {
    const [one] = heard as [Heard];
    const atMs = Number(one.headers["telnyx-timestamp"]) * 1000;
    expect([-301, -300, 300, 301].map((sec) => ours(one, atMs + sec * 1000))).toEqual([false, true, true, false]);
  });

  it("is not believed when it was recorded long ago, or made by nobody", async () => {
    for (const text of ["forged", "old"] as const) {
      heard.splice(0);
      sandbox.order({ plan: { text } });
      await client.messages.send({ from: sandbox.from, to: "+447700900003", text, webhook_url });
      await expect.poll(() => heard.length).toBe(1);
      const [one] = heard as [Heard];
      expect([text, await theirs(one), ours(one)]).toEqual([text, false, false]);
    }
  });
});
