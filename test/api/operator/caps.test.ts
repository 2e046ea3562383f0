import { randomUUID } from "node:crypto";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { NotYet, type Order } from "../../../api/sale.ts";
import { CHAIN_ID, createPhoneWorld, type PhoneWorld, wallet } from "../phone/phone-world.ts";
import { createRuledShop, rulesOf } from "./rules-world.ts";

const worlds: PhoneWorld[] = [];
afterAll(() => Promise.all(worlds.map((world) => world.close())));

let world: PhoneWorld;
beforeEach(async () => {
  world = await createPhoneWorld();
  worlds.push(world);
});

const ruled = async (caps: object, of = world) => ({ ...of.deps, rules: await rulesOf({ caps }) });

const orderTo = (to: string, payer = wallet): Order => ({
  id: randomUUID(),
  payer: payer.address,
  chainId: CHAIN_ID,
  input: { to, text: "x" },
  priceMicroUsd: 50_000n,
});

const outcomesOf = async (all: Promise<unknown>[]) => {
  const settled = await Promise.allSettled(all);
  const reasons = settled.flatMap((one) =>
    one.status === "rejected" ? [one.reason.details?.reason ?? one.reason.message] : [],
  );
  return { sent: settled.length - reasons.length, reasons: [...new Set(reasons)] };
};

describe("a cap", () => {
  const TO = "+447700900001";
  it.each([
    ["of a destination", { textsPerDestinationADay: 20 }],
    ["of a payer", { textsPerPayerADay: 20 }],
    ["of a day", { textsADay: 20 }],
  ])("%s is exact, however many are paid at once, in two processes", async (_, caps) => {
    const deps = [await ruled(caps), await ruled(caps, await world.sibling())];
    const paid = Array.from({ length: 200 }, (_, i) => world.sale("sms.send", deps[i % 2]).fulfil(orderTo(TO)));
    expect(await outcomesOf(paid)).toEqual({ sent: 20, reasons: ["against_rules"] });
    expect(await world.carried(TO)).toBe(20);
    const refused = await world.pool.query("select from app.audit where action = 'refused_and_credited'");
    expect(refused.rowCount).toBe(180);
  });

  it("counts each payer, and each destination, by itself", async () => {
    const deps = await ruled({ textsPerPayerADay: 3, textsPerDestinationADay: 2 });
    const others = [wallet, privateKeyToAccount(generatePrivateKey())];
    const paid = others.flatMap((payer) =>
      [1, 2, 3].flatMap((n) =>
        [1, 2].map(() => world.sale("sms.send", deps).fulfil(orderTo(`+44770090000${n}`, payer))),
      ),
    );
    const { sent } = await outcomesOf(paid);
    const { rows } = await world.pool.query("select scope, texts from app.text_count order by texts desc, scope");
    expect(rows.every(({ scope, texts }) => texts <= (scope.startsWith("payer") ? 3 : 2))).toBe(true);
    expect(rows.filter(({ scope }) => scope.startsWith("to:")).reduce((sum, { texts }) => sum + texts, 0)).toBe(sent);
    expect(sent).toBeGreaterThanOrEqual(5);
  });

  it("counts a destination as one, however its number is spelled", async () => {
    const deps = await ruled({ textsPerDestinationADay: 2 });
    const paid = [TO, "+4407700900001", TO].map((to) => world.sale("sms.send", deps).fulfil(orderTo(to)));
    expect(await outcomesOf(paid)).toEqual({ sent: 2, reasons: ["against_rules"] });
  });

  it("holds for included texts: those beyond it are not used up", async () => {
    const line = await world.line(100);
    const bearer = await world.signIn();
    const deps = await ruled({ textsPerDestinationADay: 10 });
    const { covered } = world.sale("numbers.mine.send", deps);
    const asked = Array.from({ length: 60 }, () =>
      covered?.(world.call({ phoneNumber: line, to: TO, message: "x" }, bearer)),
    );
    const { sent } = await outcomesOf(asked as Promise<unknown>[]);
    const { rows } = await world.pool.query("select included_texts_left as n from app.lease where phone_number = $1", [
      line,
    ]);
    expect([sent, await world.carried(TO), rows[0].n]).toEqual([10, 10, 90]);
  });

  it("is refused before any money once it is reached, and ends with the UTC day", async () => {
    const deps = await ruled({ textsADay: 1 });
    const sale = world.sale("sms.send", deps);
    const buyer = { payer: wallet.address, chainId: CHAIN_ID };
    const prepared = () => sale.prepare(world.call({ to: TO, message: "x" }), buyer);
    await prepared();
    await sale.fulfil(orderTo(TO));
    const leftSec = 86_400 - (world.clock.nowSec % 86_400);
    await expect(prepared()).rejects.toMatchObject({
      code: "message_limit",
      retryAfterSec: leftSec,
      details: { scope: "day", retry_after_sec: leftSec },
    });
    world.clock.advance(leftSec);
    await expect(prepared()).resolves.toEqual({ to: TO, text: "x" });
    await sale.fulfil(orderTo(TO));
    expect(await world.carried(TO)).toBe(2);
  });

  it("gives the place of a text that the carrier refuses to another, and counts none twice", async () => {
    const deps = await ruled({ textsPerDestinationADay: 1 });
    const sale = world.sale("sms.send", deps);
    await world.fault({ place: "send", kind: "refused", target: TO, times: 1 } as never);
    await expect(sale.fulfil(orderTo(TO))).rejects.toMatchObject({ code: "provider_failed" });
    const order = orderTo(TO);
    const answer = await sale.fulfil(order);
    expect(await sale.fulfil(order)).toEqual(answer);
    await expect(sale.fulfil(orderTo(TO))).rejects.toMatchObject({ details: { reason: "against_rules" } });
    expect(await world.carried(TO)).toBe(1);
  });

  it("gives back the place of a text that waited until another rule was against it", async () => {
    const caps = { textsADay: 1 };
    const order = orderTo(TO);
    const away = { ...world.deps.phone, sendMessage: async () => ({ kind: "absent" }) as const };
    const waiting = { ...(await ruled(caps)), phone: away };
    await expect(world.sale("sms.send", waiting).fulfil(order)).rejects.toThrow(NotYet);
    world.clock.advance(5);
    const blocking = { ...world.deps, rules: await rulesOf({ caps, blocked: [TO] }) };
    const refusal = { details: { reason: "against_rules" } };
    await expect(world.sale("sms.send", blocking).fulfil(order)).rejects.toMatchObject(refusal);
    await expect(world.sale("sms.send", blocking).fulfil(orderTo(TO))).rejects.toMatchObject(refusal);
    await world.sale("sms.send", blocking).fulfil(orderTo("+447700900002"));
    await expect(world.sale("sms.send", blocking).fulfil(orderTo("+447700900003"))).rejects.toMatchObject(refusal);
  });

  it("refuses for good what it refused: asked for again, the same text is not sent later", async () => {
    const deps = await ruled({ textsADay: 1 });
    const sale = world.sale("sms.send", deps);
    await sale.fulfil(orderTo(TO));
    const late = orderTo(TO);
    for (const sec of [0, 86_400]) {
      world.clock.advance(sec);
      await expect(sale.fulfil(late)).rejects.toMatchObject({ details: { reason: "against_rules" } });
    }
    expect(await world.carried(TO)).toBe(1);
  });
});

describe("buyers who pay at once for more than a cap allows", () => {
  it("get it, or are charged nothing, or have it credited", async () => {
    const shop = await createRuledShop({ caps: { textsPerDestinationADay: 5 } });
    const to = "+447700900001";
    const payers = Array.from({ length: 30 }, () => privateKeyToAccount(generatePrivateKey()));
    const answers = await Promise.all(
      payers.map((payer) => shop.pay("/api/v1/sms/send", { to, message: "x" }, { payer })),
    );
    const those = (status: number) => answers.filter((answer) => answer.status === status);
    expect(those(200)).toHaveLength(5);
    expect(those(200).length + those(429).length + those(502).length).toBe(30);
    expect(shop.settled).toHaveLength(30 - those(429).length);
    expect(those(502).filter(({ body }) => body.error !== "provider_failed")).toEqual([]);
    const { rows } = await shop.server.deps.db.pool.query(
      `select count(*) filter (where state = 'credited')::int as credited,
         count(*) filter (where state = 'fulfilled')::int as fulfilled from app.x402_order`,
    );
    expect(rows).toEqual([{ credited: those(502).length, fulfilled: 5 }]);
    await shop.close();
  });
});
