import { WebhookVerificationError } from "standardwebhooks";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { WEBHOOKS } from "../../../api/limits.ts";
import { removeOldDeliveries } from "../../../api/webhooks/tidy.ts";
import type { Told } from "./listener.ts";
import { createWebhookWorld, type Hook, verified, type WebhookWorld } from "./webhook-world.ts";

let world: WebhookWorld;
beforeAll(async () => {
  world = await createWebhookWorld();
});
afterAll(() => world?.close());
beforeEach(() => world.reset());

/** The next thing that the listener is told. */
async function told(hook: Hook): Promise<Told> {
  const { length } = world.listener.told;
  await world.happen({ data: { order_id: "7", code: "4711 😀", note: undefined } });
  await world.log(hook, ([one]) => one.state === "delivered");
  return (await world.listener.heard(length + 1))[length] as Told;
}

async function rotate(hook: Hook): Promise<string> {
  const { body } = await world.manage("POST", `/${hook.webhook_id}/rotate-secret`);
  return body.secret;
}

const signatures = ({ headers }: Told) => String(headers["webhook-signature"]).split(" ");

describe("what a target is told", () => {
  it("is signed as Standard Webhooks has it: type, time of the event and data", async () => {
    const hook = await world.hook();
    const at = new Date(world.clock.nowMs()).toISOString();
    const one = await told(hook);
    expect(verified(world, one, hook.secret)).toEqual({
      type: "order.received",
      timestamp: at,
      data: { order_id: "7", code: "4711 😀" },
    });
    expect(one.path).toBe("/hook");
    expect(one.headers).toMatchObject({
      "content-type": "application/json",
      "webhook-id": expect.stringMatching(/^msg_[0-9a-f]{32}$/),
      "webhook-timestamp": expect.stringMatching(/^\d{10}$/),
      "webhook-signature": expect.stringMatching(/^v1,[A-Za-z0-9+/]{43}=$/),
    });
  });

  it("does not verify when body, id or time are changed, with another's secret, or five minutes later", async () => {
    const hook = await world.hook();
    const { secret } = await world.hook({ url: world.other.url });
    const one = await told(hook);
    const changed = (headers: Record<string, string>): Told => ({ ...one, headers: { ...one.headers, ...headers } });
    for (const bad of [
      { ...one, body: one.body.replace("7", "8") },
      changed({ "webhook-id": "msg_other" }),
      changed({ "webhook-timestamp": String(Number(one.headers["webhook-timestamp"]) + 1) }),
    ])
      expect(() => verified(world, bad, hook.secret)).toThrow(WebhookVerificationError);
    expect(() => verified(world, one, secret)).toThrow(WebhookVerificationError);
    world.pass(310);
    expect(() => verified(world, one, hook.secret)).toThrow(/too old/);
  });

  it("holds no secret of ours, and neither does the log", async () => {
    const hook = await world.hook({ url: `${world.listener.url}?token=hidden-4711` });
    const one = await told(hook);
    const [delivery] = await world.log(hook);
    expect(JSON.stringify([one, delivery])).not.toContain(hook.secret.slice(6));
    expect(JSON.stringify(delivery)).not.toContain("hidden-4711");
    expect(world.logs.join()).toContain(delivery.delivery_id);
    for (const hidden of [hook.secret.slice(6), "hidden-4711", world.listener.host])
      expect(world.logs.join()).not.toContain(hidden);
  });
});

describe("POST /api/v1/webhooks/:id/rotate-secret", () => {
  it("has both secrets sign for a day, then the new one alone", async () => {
    const hook = await world.hook();
    const fresh = await rotate(hook);
    expect(fresh).not.toBe(hook.secret);
    const until = new Date(world.clock.nowMs() + WEBHOOKS.oldSecretSec * 1000).toISOString();
    expect((await world.manage("GET", `/${hook.webhook_id}`)).body.old_secret_until).toBe(until);

    const during = await told(hook);
    expect(signatures(during)).toHaveLength(2);
    for (const secret of [hook.secret, fresh]) expect(verified(world, during, secret)).toMatchObject({ data: {} });

    world.pass(WEBHOOKS.oldSecretSec);
    const after = await told(hook);
    expect(signatures(after)).toHaveLength(1);
    expect(verified(world, after, fresh)).toMatchObject({ data: {} });
    expect(() => verified(world, after, hook.secret)).toThrow(WebhookVerificationError);
    await removeOldDeliveries(world.server.deps);
    expect((await world.manage("GET", `/${hook.webhook_id}`)).body.old_secret_until).toBe(null);
  });

  it("ends the oldest of three at once", async () => {
    const hook = await world.hook();
    const [second, third] = [await rotate(hook), await rotate(hook)];
    const one = await told(hook);
    for (const secret of [second, third]) expect(verified(world, one, secret)).toMatchObject({ data: {} });
    expect(() => verified(world, one, hook.secret)).toThrow(WebhookVerificationError);
  });
});
