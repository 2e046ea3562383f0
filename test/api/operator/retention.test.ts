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
  await shop.server.deps.db.pool.query("update app.webhook_delivery set state = 'dead', ended_at = now()");
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

it("words of a text that waits for the carrier's answer yet stay until it came", async () => {
  const { pool } = shop.server.deps.db;
  await shop.pay("/api/v1/sms/send", { to: "+447700900002", message: "soon" }, { payer: strangerWallet });
  await pool.query("update app.message set status = 'queued' where body = 'soon'");
  await pool.query("update app.x402_order set state = 'settled' where input->>'text' = 'soon'");
  shop.clock.advance(4 * 24 * 3600);
  await forgetWords(shop.server.deps);
  expect(await placesOf("soon")).toEqual(["app.message", "app.x402_order"]);
});
