import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { editWebhook } from "../../../api/webhooks/webhooks.ts";
import { type CourierWorld, createCourierWorld, OWNER } from "./courier-world.ts";

let world: CourierWorld;
beforeAll(async () => {
  world = await createCourierWorld();
});
afterAll(() => world?.close());
beforeEach(() => world.reset());

const idsTold = () => world.listener.told.map(({ headers }) => headers["webhook-id"]);

describe("emit", () => {
  const inOneGo = { id: "order.received|7" };

  it("tells a thing once, however often and from wherever it is called", async () => {
    const hook = await world.hook();
    await Promise.all(Array.from({ length: 10 }, () => world.happen(inOneGo)));
    await world.round();
    await world.happen(inOneGo);
    await world.round();
    expect(idsTold()).toHaveLength(1);
    expect(await world.log(hook)).toHaveLength(1);
  });

  it("tells every webhook of the owner that wants the type, with one id, and none of anybody else", async () => {
    await world.hook();
    const refunds = await world.hook({ types: ["order.refunded"] });
    const both = await world.hook({ types: ["order.refunded", "order.received"] });
    await world.happen(inOneGo);
    await world.happen({ owner: `0x${"cd".repeat(20)}` });
    await world.round();
    expect(new Set(idsTold()).size).toBe(1);
    expect(idsTold()).toHaveLength(2);
    expect(await world.log(refunds)).toEqual([]);
    expect(await world.log(both)).toHaveLength(1);
  });

  it("knows an address in any letter case, and a contract wallet on its own chain only", async () => {
    const address = OWNER.address.toUpperCase().replace("X", "x") as `0x${string}`;
    await world.hook();
    await world.deps.db.pool.query("update app.webhook set chain_id = 8453");
    for (const owner of [address, { address, chainId: 43114 }]) await world.happen({ owner });
    await world.round();
    expect(idsTold()).toEqual([]);
    await world.happen({ owner: { address, chainId: 8453 } });
    await world.round();
    expect(idsTold()).toHaveLength(1);
  });

  it("lasts only with the transaction that it is part of", async () => {
    const hook = await world.hook();
    await world.deps.db
      .transaction(async (client) => {
        await world.happen({}, client);
        throw new Error("no");
      })
      .catch(() => {});
    expect(await world.log(hook)).toEqual([]);
    await world.deps.db.transaction((client) => world.happen({}, client));
    expect(await world.log(hook)).toHaveLength(1);
  });
});

describe("a paused webhook", () => {
  it("is told nothing, and everything once it goes on", async () => {
    const hook = await world.hook();
    await world.happen();
    await editWebhook(world.deps, hook.webhook_id, { paused: true });
    await world.happen();
    await world.round();
    expect(idsTold()).toEqual([]);
    expect((await world.log(hook)).map(({ state }) => state)).toEqual(["paused", "paused"]);
    await editWebhook(world.deps, hook.webhook_id, { paused: false });
    await world.round();
    expect(idsTold()).toHaveLength(2);
  });
});
