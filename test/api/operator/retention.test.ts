import { createHash } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import { forgetWords } from "../../../api/products/operator/forget-words.ts";
import { openInbox } from "../../../api/providers/phone/inbox.ts";
import { strangerWallet, wallet } from "../phone/phone-shop.ts";
import { createRuledShop, type RuledShop } from "./rules-world.ts";

let shop: RuledShop;
beforeAll(async () => {
  shop = await createRuledShop({ keepMessagesDays: 3 });
});
afterAll(() => shop?.close());

const WORDS = `only for you ${createHash("sha256").update("words").digest("hex")}`;

/** Every place of the database that holds these words. */
async function placesOf(words: string): Promise<string[]> {
  const { pool } = shop.server.deps.db;
  const { rows } = await pool.query(
    `select table_schema || '.' || table_name as name from information_schema.tables
     where table_schema = 'app' and table_type = 'BASE TABLE'`,
  );
  const found: string[] = [];
  for (const { name } of rows) {
    const { rowCount } = await pool.query(`select from ${name} t where t::text like '%' || $1 || '%' limit 1`, [words]);
    if (rowCount) found.push(name);
  }
  return found.sort();
}

it("words that are older than the operator keeps them stand nowhere any more; everything else goes on", async () => {
  const line = await shop.line(5);
  const signIn = await shop.signIn();
  // Paused, so that nothing leaves this machine.
  await shop.server.deps.db.pool.query(
    `insert into app.webhook (webhook_id, owner, url, target, state, secret, created_at, updated_at)
     values (gen_random_uuid(), $1, 'https://example.com/', 'example.com:443', 'paused', '', now(), now())`,
    [wallet.address.toLowerCase()],
  );
  const to = "+447700900001";
  await shop.post("/api/v1/numbers/mine/send", { phoneNumber: line, to, message: WORDS }, signIn);
  const paid = await shop.pay("/api/v1/sms/send", { to, message: WORDS });
  await shop.receive({ from: to, to: line, text: WORDS });
  const inbox = openInbox(shop.server.deps, "sandbox");
  const at = new Date(shop.clock.nowMs());
  await inbox.keep({ newsId: "1", at, kind: "inbound", carrierId: "IN1", line, from: to, to: line, text: WORDS });
  await inbox.acknowledge((await inbox.events()).map(({ id }) => id));
  await shop.inTime(
    async () => (await shop.ask("/api/v1/numbers/mine/messages", { headers: signIn })).body.count,
    (count) => count === 2,
  );
  expect(await placesOf(WORDS)).toEqual(["app.carrier_news", "app.message", "app.webhook_delivery", "app.x402_order"]);
  shop.clock.advance(3 * 24 * 3600 - 120);
  await forgetWords(shop.server.deps);
  expect(await placesOf(WORDS)).toHaveLength(4);
  shop.clock.advance(240);
  await forgetWords(shop.server.deps);
  expect(await placesOf(WORDS)).toEqual([]);
  const { body } = await shop.ask("/api/v1/numbers/mine/messages", { headers: await shop.signIn() });
  const shown = body.messages.map(
    ({ direction, message }: { direction: string; message: string }) => direction + message,
  );
  expect(shown.sort()).toEqual(["inbound", "outbound"]);
  expect((await shop.ask(`/api/v1/messages/${paid.body.messageId}`)).body).toMatchObject({ to, segments: 1 });
});

it("the texts that one-time codes came in are forgotten as well, and the codes are not", async () => {
  const { db, clock } = shop.server.deps;
  const values = { sms_text: `${WORDS} 1`, late_text: `${WORDS} 2`, event: `${WORDS} 3` };
  await db.pool.query(
    `insert into app.code_order (order_id, account_id, key_id, payer, chain_id, fingerprint, service, country,
         price_micro_usd, cost_micro_usd, timeout_sec, state, code, sms_text, late_text, looks, created_at, ended_at,
         activation_id, expires_at)
       values (gen_random_uuid(), 1, gen_random_uuid(), $1, 8453, '', 'discord', 'id', 1, 1, 60, 'received', '123456',
         $2, $3, 0, $4, $4, '1', $4)`,
    [wallet.address.toLowerCase(), values.sms_text, values.late_text, new Date(clock.nowMs())],
  );
  await db.pool.query("select app.emit('e', 'order.received', $1, 8453, $2, $3)", [
    wallet.address.toLowerCase(),
    values.event,
    new Date(clock.nowMs()),
  ]);
  expect(await placesOf(WORDS)).toEqual(["app.code_order", "app.webhook_delivery"]);
  shop.clock.advance(3 * 24 * 3600 + 1);
  await forgetWords(shop.server.deps);
  expect(await placesOf(WORDS)).toEqual([]);
  const { rows } = await db.pool.query("select code, sms_text, late_text from app.code_order");
  expect(rows).toEqual([{ code: "123456", sms_text: "", late_text: "" }]);
});

it("words of a text that waits for the carrier's answer yet stay until it came", async () => {
  const { pool } = shop.server.deps.db;
  const { body } = await shop.pay(
    "/api/v1/sms/send",
    { to: "+447700900002", message: "soon" },
    { payer: strangerWallet },
  );
  await shop.inTime(
    async () => (await shop.ask(`/api/v1/messages/${body.messageId}`)).body.status,
    (status) => status === "delivered",
  );
  // Somebody holds it, so that the worker's rounds change nothing.
  await pool.query(
    `update app.carrier_call set state = 'open', answer = null, held_until = $1
     from app.message where body = 'soon' and carrier_call.reference::text = message.reference`,
    [new Date(shop.clock.nowMs() + 10 * 24 * 3600_000)],
  );
  await pool.query("update app.message set status = 'queued' where body = 'soon'");
  await pool.query("update app.x402_order set state = 'settled' where input->>'text' = 'soon'");
  shop.clock.advance(4 * 24 * 3600);
  await forgetWords(shop.server.deps);
  expect(await placesOf("soon")).toEqual(["app.message", "app.x402_order"]);
});
