import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { NATIVE, type QuoteData } from "../../world.ts";
import { createWebhookWorld, type Hook, type WebhookWorld } from "./webhook-world.ts";

let world: WebhookWorld;
let hook: Hook;
let apiId: string;
beforeAll(async () => {
  world = await createWebhookWorld();
  apiId = await world.sell({ p_api_url: world.other.url });
});
afterAll(() => world?.close());
beforeEach(async () => {
  await world.reset();
  hook = await world.hook({ types: ["session.unlocked"] });
});

const quote = async (): Promise<QuoteData> => (await world.ask(`/api/${apiId}`)).body.data;
const call = (session: string) => world.ask(`/api/${apiId}`, { session });

/** What the merchant was told, once `count` deliveries are done. */
async function told(count: number) {
  await world.log(hook, (all) => all.length === count && all.every(({ state }) => state === "delivered"));
  return world.listener.told.map(({ body }) => JSON.parse(body));
}

describe("session.unlocked", () => {
  it("is told to the merchant when the session is unlocked, and never holds its id", async () => {
    const data = await quote();
    const { payer, txHash } = world.pay(data);
    const expiresAt = new Date((world.clock.nowSec + 300) * 1000).toISOString();
    expect((await call(data.session_id)).status).toBe(200);
    const [event] = await told(1);
    expect(event).toEqual({
      type: "session.unlocked",
      timestamp: expect.any(String),
      data: {
        api_id: apiId,
        payment_id: data.payment_id,
        payer: payer.toLowerCase(),
        token: NATIVE,
        amount_wei: data.amount_wei,
        tx_hash: txHash,
        chain_id: 43114,
        expires_at: expiresAt,
      },
    });
    const { headers, body } = world.listener.told[0] ?? {};
    expect(JSON.stringify([headers, body])).not.toContain(data.session_id.slice(2));
  });

  it("is told once, whoever asks how often, over two processes", async () => {
    const data = await quote();
    world.pay(data);
    const sibling = await world.sibling();
    const calls = Array.from({ length: 8 }, (_, i) =>
      (i % 2 ? world : sibling).ask(`/api/${apiId}`, { session: data.session_id }),
    );
    expect(new Set((await Promise.all(calls)).map(({ status }) => status))).toEqual(new Set([200]));
    await told(1);
    await call(data.session_id);
    expect(await world.log(hook)).toHaveLength(1);
    expect(world.listener.told).toHaveLength(1);
  });

  it("is not told again when another payment makes the session longer", async () => {
    const data = await quote();
    world.pay(data, { open: true });
    expect((await call(data.session_id)).status).toBe(200);
    const [event] = await told(1);
    // Paid by its own id, which is a credential still.
    expect(event.data.payment_id).toBe(null);
    expect(JSON.stringify(event)).not.toContain(data.session_id.slice(2));
    world.pass(299);
    world.pay(data, { open: true, blockTime: world.clock.nowSec });
    const grants = async () => (await world.server.deps.db.pool.query("select expires_at from app.session_grant")).rows;
    const before = await grants();
    await world.log(hook);
    world.pass(2);
    await call(data.session_id);
    expect(await grants()).not.toEqual(before);
    expect(await told(1)).toHaveLength(1);
  });

  it("is told to nobody but the merchant", async () => {
    await world.server.deps.db.pool.query("update app.webhook set owner = $1", [`0x${"dd".repeat(20)}`]);
    const session = await world.bought(apiId);
    expect((await call(session)).status).toBe(200);
    expect((await world.server.deps.db.pool.query("select from app.webhook_delivery")).rowCount).toBe(0);
  });
});
