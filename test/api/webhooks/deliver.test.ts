import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { answering } from "./listener.ts";
import { createWebhookWorld, verified, type WebhookWorld } from "./webhook-world.ts";

let world: WebhookWorld;
beforeAll(async () => {
  world = await createWebhookWorld();
});
afterAll(() => world?.close());
beforeEach(async () => {
  await world.server.deps.db.pool.query("delete from app.webhook");
  for (const { told, answer } of [world.listener, world.other]) {
    told.length = 0;
    answer(answering(204));
  }
});

describe("a delivery", () => {
  it("is signed as Standard Webhooks has it, and told once", async () => {
    const hook = await world.hook();
    await world.happen({ data: { order_id: "7", code: "4711 😀" } });
    world.pass();
    const [told] = await world.listener.heard(1);
    expect(verified(world, told as never, hook.secret)).toEqual({
      type: "order.received",
      timestamp: expect.any(String),
      data: { order_id: "7", code: "4711 😀" },
    });
    expect(told?.headers["webhook-id"]).toMatch(/^msg_[0-9a-f]{32}$/);
    const [delivery] = await world.log(hook, ([one]) => one.state === "delivered");
    expect(delivery).toMatchObject({ attempts: 1, last_status: 204, next_attempt_at: null });
  });
});
