import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { WEBHOOKS } from "../../../api/limits.ts";
import { claim } from "../../../api/webhooks/claim.ts";
import { type CourierWorld, createCourierWorld } from "./courier-world.ts";
import { answering } from "./listener.ts";

let world: CourierWorld;
beforeAll(async () => {
  world = await createCourierWorld();
});
afterAll(() => world?.close());
beforeEach(() => world.reset());

const idsTold = () => world.listener.told.map(({ headers }) => headers["webhook-id"]);

describe("several processes", () => {
  it("deliver each event once between them", async () => {
    const hook = await world.hook();
    const couriers = [world.courier, world.another(), world.another()];
    for (let i = 0; i < 60; i++) await world.happen();
    await Promise.all(couriers.map((courier) => courier.run()));
    await Promise.all(couriers.map((courier) => courier.idle()));
    expect(idsTold()).toHaveLength(60);
    expect(new Set(idsTold()).size).toBe(60);
    expect(new Set((await world.log(hook)).map(({ state, attempts }) => `${state} ${attempts}`))).toEqual(
      new Set(["delivered 1"]),
    );
  });
});

/** A process that has called the listener, which does not answer it. */
async function calling(): Promise<ChildProcess> {
  const { deps, databaseUrl, listener, clock } = world;
  const script = path.join(import.meta.dirname, "doomed.ts");
  const args = [databaseUrl, listener.host, deps.secretsKey.toString("hex"), String(clock.nowMs())];
  const child = spawn(process.execPath, [script, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  await listener.heard(1);
  return child;
}

describe("a process that is killed (kill -9) after the target was told and before that is noted", () => {
  it("leaves the delivery to another, once its hold has ended: told again with the same id, and never lost", async () => {
    world.listener.answer(() => {});
    const hook = await world.hook();
    await world.happen();
    const child = await calling();
    await world.round();
    expect(world.listener.told).toHaveLength(1);
    child.kill("SIGKILL");
    await once(child, "exit");
    world.listener.answer(answering(204));

    world.clock.advance(WEBHOOKS.leaseSec - 1);
    await world.round();
    expect(await world.log(hook)).toMatchObject([{ state: "waiting", attempts: 0 }]);
    world.clock.advance(1);
    await world.round();
    expect(await world.log(hook)).toMatchObject([{ state: "delivered", attempts: 1 }]);
    const [before, after] = world.listener.told;
    expect(after?.headers["webhook-id"]).toBe(before?.headers["webhook-id"]);
    expect(after?.body).toBe(before?.body);
  });

  it("was killed by us: left alone, it gets to its end", async () => {
    const hook = await world.hook();
    await world.happen();
    const child = await calling();
    expect(await once(child, "exit")).toEqual([0, null]);
    expect(await world.log(hook)).toMatchObject([{ state: "delivered", attempts: 1 }]);
  });
});

describe("a process", () => {
  it("that stops gives back what the target has not answered, so that another sends it at once", async () => {
    world.listener.answer(() => {});
    const hook = await world.hook();
    await world.happen();
    const leaving = world.another();
    await leaving.run();
    await world.listener.heard(1);
    await leaving.close();
    expect(await world.log(hook)).toMatchObject([{ state: "waiting", attempts: 0 }]);
    world.listener.answer(answering(204));
    await world.round();
    expect(await world.log(hook)).toMatchObject([{ state: "delivered", attempts: 1 }]);
  });

  it("that came back late does not undo what another found out", async () => {
    const answers: (() => void)[] = [];
    world.listener.answer((response) => void answers.push(() => answering(500)(response)));
    const hook = await world.hook();
    await world.happen();
    const slow = world.another();
    await slow.run();
    await world.listener.heard(1);
    world.clock.advance(WEBHOOKS.leaseSec);
    world.listener.answer(answering(204));
    await world.round();
    for (const answer of answers) answer();
    await slow.idle();
    expect(await world.log(hook)).toMatchObject([{ state: "delivered", attempts: 1, last_status: 204 }]);
  });
});

describe("a slow target", () => {
  it("has no more than its share at once, and holds up no other", async () => {
    world.listener.answer(() => {});
    await world.hook();
    const quick = await world.hook({ url: world.other.url });
    for (let i = 0; i < 12; i++) await world.happen();
    const courier = world.another();
    await courier.run();
    await world.other.heard(12);
    await expect
      .poll(async () => new Set((await world.log(quick)).map(({ state }) => state)))
      .toEqual(new Set(["delivered"]));
    expect(world.listener.told).toHaveLength(WEBHOOKS.atOncePerTarget);
    await courier.close();
  });

  it("of many that are dead leaves room for what is told the first time", async () => {
    const { deps, clock } = world;
    const hook = await world.hook();
    const add = (attempts: number, count: number) =>
      deps.db.pool.query(
        `insert into app.webhook_delivery
           (delivery_id, webhook_id, event_id, type, body, target, state, attempts, next_at, created_at)
         select gen_random_uuid(), $1, concat($2::int, '-', i), 'x', '{}', concat($2::int, '-', i), 'waiting', $2::int, $3, $3
         from generate_series(1, $4) i`,
        [hook.webhook_id, attempts, new Date(clock.nowMs() - attempts), count],
      );
    await add(1, WEBHOOKS.atOnce);
    await add(0, 300);
    const taken = await claim(deps, []);
    const retries = taken.filter(({ attempts }) => attempts > 0);
    expect([taken.length, retries.length]).toEqual([WEBHOOKS.atOnce, WEBHOOKS.retriesAtOnce]);
    expect(await claim(deps, taken)).toEqual([]);
    const left = await claim(deps, retries);
    expect(left.map(({ attempts }) => attempts)).toEqual(Array(50).fill(0));
  });

  it("has one share for all webhooks that lead to it", async () => {
    world.listener.answer(() => {});
    for (let i = 0; i < 5; i++) await world.hook({ url: `${world.listener.url}/${i}` });
    await world.happen();
    const courier = world.another();
    await courier.run();
    await world.listener.heard(WEBHOOKS.atOncePerTarget);
    await courier.run();
    const { rows } = await world.deps.db.pool.query(
      "select count(*)::int as n from app.webhook_delivery where held_until is not null",
    );
    expect(rows[0].n).toBe(WEBHOOKS.atOncePerTarget);
    await courier.close();
  });
});
