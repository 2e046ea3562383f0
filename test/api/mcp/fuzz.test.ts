import { afterAll, beforeAll, expect, it } from "vitest";
import { toolNameOf } from "../../../api/storefront/mcp/sale-tools.ts";
import type { World } from "../../world.ts";
import { createDice, type Dice } from "../bad-requests/dice.ts";
import { damaged, junk, torn } from "../bad-requests/junk.ts";
import { openShopWindow, salesOf } from "../storefront/shop-window.ts";
import { quoteOf } from "../x402/counter.ts";
import { signed } from "../x402/payer.ts";
import { DIALECTS, say } from "./room.ts";

const RUNS = 1_500;
const AT_ONCE = 8;

let world: World;
let calls: readonly Call[];
beforeAll(async () => {
  world = await openShopWindow();
  const sold = salesOf(world).map(async (sale): Promise<Call[]> => {
    const { path, docs } = sale;
    const accepted = quoteOf(await world.ask(path, { method: "POST" }));
    // Good to the letter but for the signature.
    const { authorization } = await signed(accepted, { nowSec: world.clock.nowSec });
    const paying = { accepted, signed: { authorization, signature: `0x${"12".repeat(65)}` as const } };
    const name = toolNameOf(sale);
    return Object.values(DIALECTS).map((put) => ({ name, arguments: docs.exampleInput, _meta: put(paying) }));
  });
  const free = tools.map((name) => ({ name, arguments: { order_id: ID, apiId: ID, wait_sec: 0, service: "discord" } }));
  calls = [...free, ...(await Promise.all(sold)).flat()];
});
afterAll(() => world?.close());

type Call = { name: string; arguments: unknown; _meta?: object };

const ID = "00000000-0000-4000-8000-000000000000";
const tools = [
  ...["buy_number", "buy_number_us", "buy_number_intl", "send_sms", "send_sms_own_line", "renew_number", "top_up"],
  ...["lookup_number", "start_verification", "check_verification", "top_up_credits"],
  ...["browse_codes", "purchase_code", "balance", "order_status", "cancel_order", "create_masked_api"],
  ...["call_masked_api", "discovery"],
];

/** A message with at least one thing wrong with it, or with the call in it. */
function badMessage(dice: Dice): string {
  const params = structuredClone(dice.pick(calls)) as Record<string, unknown>;
  const message = { jsonrpc: "2.0", id: dice.roll(1_000), method: "tools/call", params };
  const ways = [
    () => ({ ...message, params: { ...params, arguments: damaged(dice, (params.arguments ?? {}) as never, 3) } }),
    () => ({ ...message, params: { ...params, _meta: damaged(dice, (params._meta ?? {}) as never, 2) } }),
    () => ({ ...message, params: { ...params, _meta: { "turnpike/api-key": junk(dice, 2) } } }),
    () => damaged(dice, message, 2),
    () => junk(dice, 4),
    () => message,
  ];
  const text = JSON.stringify(dice.pick(ways)()) ?? "";
  return dice.once(8) ? torn(dice, text) : text;
}

it(`${RUNS} messages with something wrong are answered without a fault of ours and without a charge`, async () => {
  const outcomes: Record<string, number> = {};
  const faults: string[] = [];
  let run = 0;
  const hand = async () => {
    while (run < RUNS) {
      const seed = run++;
      const message = badMessage(createDice(seed));
      const { status, body, text } = await say(world, message, { "Content-Type": "application/json" });
      const told = body?.result?.structuredContent;
      const outcome = told?.error ?? told?.code ?? body?.error?.code ?? status;
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      if (status >= 500 || outcome === "internal" || outcome === -32_603 || text.includes("node_modules"))
        faults.push(`seed ${seed}: ${status} ${text.slice(0, 300)}: ${message.slice(0, 300)}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, hand));
  expect(faults.slice(0, 5)).toEqual([]);
  expect(world.logs.filter((line) => line.includes('"level":50'))).toEqual([]);
  const { rows } = await world.server.deps.db.pool.query("select count(*)::int as n from app.x402_order");
  expect(rows[0].n).toBe(0);
  // They got as far as a payment could without a signature, and into every refusal on the way.
  for (const outcome of [
    "invalid_payment",
    "invalid_field",
    "invalid_signature",
    "unauthorized",
    "not_found",
    "-32700",
  ])
    expect(outcomes[outcome], `${outcome} of ${JSON.stringify(outcomes)}`).toBeGreaterThan(3);
});
