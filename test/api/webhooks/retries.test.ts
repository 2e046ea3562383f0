import type { ServerResponse } from "node:http";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { WEBHOOKS } from "../../../api/limits.ts";
import { ping, replay } from "../../../api/webhooks/deliveries.ts";
import { removeOldDeliveries } from "../../../api/webhooks/tidy.ts";
import { editWebhook, findWebhook, rotateSecret } from "../../../api/webhooks/webhooks.ts";
import { type CourierWorld, createCourierWorld, type Hook, OWNER } from "./courier-world.ts";
import { answering } from "./listener.ts";

let world: CourierWorld;
beforeAll(async () => {
  world = await createCourierWorld();
});
afterAll(() => world?.close());
beforeEach(() => world.reset());

/** Something happened, and the courier told of it. */
async function toldOnce(fields: Parameters<CourierWorld["hook"]>[0] = {}): Promise<Hook> {
  const hook = await world.hook(fields);
  await world.happen();
  await world.round();
  return hook;
}

/** How long until the next attempt, in seconds from now. */
async function waitSec(hook: Hook): Promise<number> {
  const [delivery] = await world.log(hook);
  return ((delivery?.next_attempt_at?.getTime() ?? Number.NaN) - world.clock.nowMs()) / 1000;
}

const sent = (of: (told: CourierWorld["listener"]["told"][number]) => unknown) => new Set(world.listener.told.map(of));

describe("a target that fails", () => {
  it("is tried 8 times more, each no sooner than planned, then the delivery is dead; all with one id and body", async () => {
    world.listener.answer(answering(500));
    const hook = await toldOnce();
    for (const [i, afterSec] of WEBHOOKS.retryAfterSec.entries()) {
      const sec = await waitSec(hook);
      expect(sec).toBeGreaterThanOrEqual(afterSec);
      expect(sec).toBeLessThanOrEqual(afterSec * 1.2);
      world.clock.advance(sec - 0.001);
      await world.round();
      expect(world.listener.told).toHaveLength(i + 1);
      world.clock.advance(0.001);
      await world.round();
      expect(world.listener.told).toHaveLength(i + 2);
    }
    expect(await world.log(hook)).toMatchObject([
      { state: "dead", attempts: 9, last_status: 500, next_attempt_at: null, ended_at: expect.any(Date) },
    ]);
    expect(sent(({ headers }) => headers["webhook-id"]).size).toBe(1);
    expect(sent(({ body }) => body).size).toBe(1);
    expect(sent(({ headers }) => headers["webhook-timestamp"]).size).toBe(9);
    world.clock.advance(48 * 3600);
    await world.round();
    expect(world.listener.told).toHaveLength(9);
  });

  it("comes back at different times for what failed together", async () => {
    world.listener.answer(answering(500));
    const hook = await world.hook();
    for (let i = 0; i < 12; i++) await world.happen();
    for (let i = 0; i < 3; i++) await world.round();
    const times = (await world.log(hook)).map(({ attempts, next_attempt_at }) => {
      expect(attempts).toBe(1);
      return next_attempt_at?.getTime();
    });
    expect(new Set(times).size).toBeGreaterThan(1);
  });

  it("is delivered when it recovers", async () => {
    world.listener.answer(answering(503));
    const hook = await toldOnce();
    world.listener.answer(answering(200));
    world.clock.advance(6);
    await world.round();
    expect(await world.log(hook)).toMatchObject([
      { state: "delivered", attempts: 2, last_status: 200, next_attempt_at: null },
    ]);
  });

  it.each([
    ["seconds", () => "600", 600],
    ["a date", () => new Date(world.clock.nowMs() + 900_000).toUTCString(), 900],
    ["more than the longest wait", () => "99999999", 36_000],
    ["less than the usual wait", () => "1", 5],
    ["a date in the past", () => new Date(0).toUTCString(), 5],
    ["no time at all", () => "soon", 5],
  ])("is given the time that it asks for: %s", async (_, retryAfter, atLeastSec) => {
    world.listener.answer((response) => answering(429, { "Retry-After": retryAfter() })(response));
    const sec = await waitSec(await toldOnce());
    expect(sec).toBeGreaterThanOrEqual(atLeastSec);
    expect(sec).toBeLessThanOrEqual(atLeastSec * 1.2);
  });

  it("redirects nobody: 307 is a failure, and where it leads is not called", async () => {
    world.listener.answer(answering(307, { Location: world.other.url }));
    const hook = await toldOnce();
    expect(await world.log(hook)).toMatchObject([{ state: "waiting", attempts: 1, last_status: 307 }]);
    expect(world.other.told).toEqual([]);
  });

  it("and hangs up is tried again, and nothing is said of it but that there was no status", async () => {
    world.listener.answer((response) => response.destroy());
    const hook = await toldOnce();
    expect(await world.log(hook)).toMatchObject([{ state: "waiting", attempts: 1, last_status: null }]);
  });

  it.each<[string, (response: ServerResponse) => void]>([
    ["never answers", () => {}],
    ["never ends its headers", ({ socket }) => void socket?.write("HTTP/1.1 200 OK\r\nX-Slow: ")],
    ["says something that is not HTTP", ({ socket }) => void socket?.end("hello")],
    [
      "sends headers without end",
      ({ socket }) => void socket?.write(`HTTP/1.1 200 OK\r\n${"X-More: x\r\n".repeat(9_000)}`),
    ],
  ])("and %s is given up after its time", async (_, answer) => {
    world.listener.answer(answer);
    const hook = await world.hook();
    await world.happen();
    const courier = world.another({ answerMs: 500 });
    await courier.run();
    await courier.idle();
    expect(await world.log(hook)).toMatchObject([{ state: "waiting", attempts: 1, last_status: null }]);
  });

  it("is not called without a signature: a secret that cannot be read is a failure like another", async () => {
    const hook = await world.hook();
    await world.deps.db.pool.query("update app.webhook set secret = $1", [Buffer.alloc(40)]);
    await world.happen();
    await world.round();
    expect(await world.log(hook)).toMatchObject([{ state: "waiting", attempts: 1, last_status: null }]);
    expect(world.listener.told).toEqual([]);
  });

  it("is tried once with a ping: later it would tell nothing", async () => {
    world.listener.answer(answering(500));
    const hook = await world.hook({ types: ["order.refunded"] });
    await ping(world.deps, hook.webhook_id);
    await world.round();
    expect(await world.log(hook)).toMatchObject([{ type: "ping", state: "dead", attempts: 1, last_status: 500 }]);
  });
});

describe("a target that answers", () => {
  it("may say as much as it likes: nothing of it is kept", async () => {
    let isCut = false;
    world.listener.answer((response) => {
      response.writeHead(200);
      response.once("close", () => {
        isCut = true;
      });
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(64 * 1024)));
        if (!response.destroyed) response.once("drain", more);
      };
      more();
    });
    const hook = await toldOnce();
    expect(await world.log(hook)).toMatchObject([{ state: "delivered", last_status: 200 }]);
    await expect.poll(() => isCut).toBe(true);
  });

  it("410 switches its webhook off and no other, until the owner switches it on", async () => {
    world.listener.answer(answering(410));
    const hook = await world.hook();
    const quiet = await world.hook({ url: world.other.url });
    for (let i = 0; i < 6; i++) await world.happen();
    await world.round();
    await world.happen();
    expect((await findWebhook(world.deps, OWNER, hook.webhook_id)).state).toBe("gone");
    const told = await world.log(hook);
    expect(told).toHaveLength(6);
    expect(new Set(told.map(({ state }) => state))).toEqual(new Set(["dead"]));
    expect(await world.log(quiet)).toHaveLength(7);
    const again = () => replay(world.deps, hook.webhook_id, told[0]?.delivery_id ?? "");
    await expect(again()).rejects.toMatchObject({ code: "conflict" });
    await expect(ping(world.deps, hook.webhook_id)).rejects.toMatchObject({ code: "conflict" });

    world.listener.answer(answering(204));
    expect(await editWebhook(world.deps, hook.webhook_id, { paused: false })).toMatchObject({ state: "active" });
    expect(await again()).toMatchObject({ state: "waiting", attempts: 0 });
    await world.round();
    expect((await world.log(hook)).filter(({ state }) => state === "delivered")).toHaveLength(1);
  });

  it("410 for a URL that is another one by now says nothing of the new one", async () => {
    const hook = await world.hook();
    world.listener.answer((response) => {
      void editWebhook(world.deps, hook.webhook_id, { url: world.other.url }).then(() => answering(410)(response));
    });
    await world.happen();
    await world.round();
    expect(await world.log(hook)).toMatchObject([{ state: "waiting", attempts: 1, last_status: 410 }]);
    world.clock.advance(6);
    await world.round();
    expect(world.other.told).toHaveLength(1);
    expect(await findWebhook(world.deps, OWNER, hook.webhook_id)).toMatchObject({ state: "active" });
  });
});

describe("replay", () => {
  it("tells what was delivered once more, with the same id and body and all its attempts", async () => {
    const hook = await toldOnce();
    const [delivered] = await world.log(hook);
    const told = await replay(world.deps, hook.webhook_id, delivered?.delivery_id ?? "");
    expect(told).toMatchObject({ state: "waiting", attempts: 0, event_id: delivered?.event_id, ended_at: null });
    await world.round();
    expect(await world.log(hook)).toMatchObject([{ state: "delivered", attempts: 1 }]);
    expect(world.listener.told).toHaveLength(2);
    expect(sent(({ headers, body }) => headers["webhook-id"] + body).size).toBe(1);
  });

  it("has what waits tried now, and what is dead tried again", async () => {
    world.listener.answer(answering(500));
    const hook = await toldOnce();
    const [waiting] = await world.log(hook);
    const id = waiting?.delivery_id ?? "";
    await replay(world.deps, hook.webhook_id, id);
    await world.round();
    expect(await world.log(hook)).toMatchObject([{ state: "waiting", attempts: 2 }]);
    await world.deps.db.pool.query("update app.webhook_delivery set attempts = 8, next_at = created_at");
    await world.round();
    expect(await world.log(hook)).toMatchObject([{ state: "dead", attempts: 9 }]);
    world.listener.answer(answering(204));
    await replay(world.deps, hook.webhook_id, id);
    await world.round();
    expect(await world.log(hook)).toMatchObject([{ state: "delivered", attempts: 1 }]);
  });
});

describe("what is old", () => {
  it("is removed after the days that it is kept: deliveries, and secrets that sign no more", async () => {
    const hook = await toldOnce();
    await rotateSecret(world.deps, hook.webhook_id);
    world.clock.advance((WEBHOOKS.keptDays - 1) * 24 * 3600);
    await world.happen();
    await removeOldDeliveries(world.deps);
    expect(await world.log(hook)).toHaveLength(2);
    const { rows } = await world.deps.db.pool.query("select old_secret, old_secret_until from app.webhook");
    expect(rows).toEqual([{ old_secret: null, old_secret_until: null }]);
    world.clock.advance(24 * 3600 + 1);
    await removeOldDeliveries(world.deps);
    expect(await world.log(hook)).toHaveLength(1);
  });
});
