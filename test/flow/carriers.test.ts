import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { RunningServer } from "../../api/server.ts";
import { payerNo } from "../indexer/base.ts";
import { CARRIERS, type TestCarrier } from "./test-carriers.ts";
import { fetchV2, post, startTill, type Till } from "./till.ts";

let till: Till;
beforeAll(async () => {
  till = await startTill();
});
afterAll(() => till?.stop());

type Answer = Record<string, unknown>;
type Message = { direction: string; from: string; to: string; message: string; status: string };

const FRIEND = "+12025550142";

/** The way to a shop of one buyer, who pays with what `paidFetch` does. */
function buyerOf({ url }: RunningServer, payer: ReturnType<typeof payerNo>) {
  const paidFetch = fetchV2(payer);
  const told = async (response: Response): Promise<Answer> => {
    const body = (await response.json()) as Answer;
    expect(response.status, JSON.stringify(body)).toBe(200);
    return body;
  };
  const signIn = async () => {
    const { message } = await told(await fetch(`${url}/api/v1/auth/siwe?address=${payer.address}&chainId=8453`));
    const signature = await payer.signMessage({ message: String(message) });
    const { token } = await told(await fetch(`${url}/api/v1/auth/siwe`, post({ message, signature })));
    return { Authorization: `Bearer ${token}` };
  };
  const sent = async (how: typeof fetch, at: string, { body, headers }: { body: unknown; headers?: object }) => {
    const init = post(body);
    return told(await how(url + at, { ...init, headers: { ...(init.headers as object), ...headers } }));
  };
  return {
    signIn,
    /** Asks for the price and pays it on chain. */
    buy: (at: string, body: unknown, headers = {}) => sent(paidFetch, at, { body, headers }),
    post: (at: string, body: unknown, headers = {}) => sent(fetch, at, { body, headers }),
    get: async (at: string, headers = {}) => told(await fetch(url + at, { headers })),
  };
}

describe.each(Object.entries(CARRIERS))("the same flows with %s", (name, startCarrier) => {
  let carrier: TestCarrier;
  let shop: RunningServer;
  beforeAll(async () => {
    carrier = await startCarrier();
    shop = await till.sibling(carrier.env);
  });
  afterAll(async () => {
    await shop?.stop();
    await carrier?.close();
  });

  const payer = payerNo(1 + (Object.keys(CARRIERS).indexOf(name) % 3));
  const delivered = (buyer: ReturnType<typeof buyerOf>, messageId: unknown) =>
    vi.waitFor(async () => {
      const { status } = await buyer.get(`/api/v1/messages/${messageId}`);
      expect(status).toBe("delivered");
    }, 20_000);

  it("pay per call: a line, texts from the pool and from the line, and a reply", async () => {
    const buyer = buyerOf(shop, payer);
    const { phoneNumber: line } = await buyer.buy("/api/v1/numbers/buy/us", { country: "US" });
    const headers = await buyer.signIn();
    const { numbers } = await buyer.get("/api/v1/numbers/mine", headers);
    expect(numbers).toEqual(expect.arrayContaining([expect.objectContaining({ phoneNumber: line, status: "active" })]));
    const pooled = await buyer.buy("/api/v1/sms/send", { to: FRIEND, message: "from the pool" });
    const own = { phoneNumber: line, to: FRIEND, message: "Reply it's me 👋" };
    const included = await buyer.post("/api/v1/numbers/mine/send", own, headers);
    expect([pooled.segments, included.segments]).toEqual([1, 1]);
    for (const { messageId } of [pooled, included]) await delivered(buyer, messageId);
    const told = await vi.waitFor(async () => {
      const { messages } = await buyer.get("/api/v1/numbers/mine/messages", headers);
      const found = (messages as Message[]).find(({ direction, to }) => direction === "inbound" && to === line);
      if (!found) throw new Error("no reply yet");
      return found;
    }, 20_000);
    expect(told).toMatchObject({ from: FRIEND, message: "it's me 👋", status: "received" });
  });

  it("deposit first: a key buys a text from the balance, once", async () => {
    const buyer = buyerOf(shop, payer);
    const { api_key } = await buyer.buy("/api/v1/x402/topup", { amount_usd: 2 });
    const headers = { "X-API-Key": String(api_key), "Idempotency-Key": `text-by-${name}` };
    const text = { to: FRIEND, message: "from a balance" };
    const first = await buyer.post("/api/v1/sms/send", text, headers);
    expect(await buyer.post("/api/v1/sms/send", text, headers)).toMatchObject({ messageId: first.messageId });
    await delivered(buyer, first.messageId);
    const { balance_usd: before } = await buyer.get("/api/v1/balance", headers);
    await buyer.post("/api/v1/sms/send", { ...text, message: "and one more" }, { "X-API-Key": String(api_key) });
    const { balance_usd: after } = await buyer.get("/api/v1/balance", headers);
    expect(Number(before) - Number(after)).toBeCloseTo(0.05);
  });

  it("sends a code that is checked once, and looks numbers up where the carrier does", async () => {
    const buyer = buyerOf(shop, payer);
    const { verificationId } = await buyer.buy("/api/v1/verifications/start", { to: FRIEND });
    const wrong = { verificationId, code: "000000" };
    expect(await buyer.post("/api/v1/verifications/check", wrong)).toMatchObject({ valid: false });
    if (!shop.deps.phone?.lookUp) return;
    const facts = await buyer.buy("/api/v1/lookup", { phoneNumber: FRIEND });
    expect(facts).toMatchObject({ phoneNumber: FRIEND, country: "US", lineType: expect.any(String) });
  });
});
