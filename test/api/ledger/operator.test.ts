import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createWorld, type World } from "../../world.ts";
import { addressOf } from "./ledger-world.ts";
import { type OnChain, openOnChain } from "./onchain.ts";

const TOKEN = "operator-token-of-a-test-0123456789abcdef";
const PATH = "/api/v1/operator/reconciliation";
const asOperator = { headers: { Authorization: `Bearer ${TOKEN}` } };

let world: World;
let chain: OnChain;
beforeAll(async () => {
  world = await createWorld({ OPERATOR_TOKEN: TOKEN });
});
afterAll(() => world?.close());

describe("GET /api/v1/operator/reconciliation", () => {
  it("is 401 for everybody else, and 404 where there is no operator's token", async () => {
    expect((await world.ask(PATH)).status).toBe(401);
    expect((await world.ask(PATH, { headers: { Authorization: "Bearer guess" } })).status).toBe(401);
    const open = await world.sibling({ OPERATOR_TOKEN: "" });
    expect((await open.ask(PATH, asOperator)).status).toBe(404);
  });

  it("is 503 while there is no index", async () => {
    const answer = await world.ask(PATH, asOperator);
    expect([answer.status, answer.body.error, answer.headers.get("retry-after")]).toEqual([503, "not_ready", "5"]);
  });

  it("is 200 and names what differs", async () => {
    chain = await openOnChain(world.server.deps.db.pool);
    await chain.reach(5_000);
    const balanced = await world.ask(PATH, asOperator);
    expect(balanced.status).toBe(200);
    expect(balanced.headers.get("cache-control")).toBe("no-store");
    expect(balanced.body).toMatchObject({ success: true, is_balanced: true, errors: 0, differences: [] });
    const payer = addressOf(77);
    const { txHash } = await chain.arrived({ payer, amount: 1_500_000n, block: 3 });
    expect((await world.ask(PATH, asOperator)).body).toMatchObject({
      is_balanced: false,
      errors: 1,
      difference_usd: 1.5,
      difference_micro_usd: "1500000",
      chains: [{ chain_id: 8453, asset: "USDC", settled_micro_usd: "1500000", posted_micro_usd: "0" }],
      differences: [{ kind: "uncredited", status: "error", amount_usd: 1.5, payer, what: txHash }],
    });
  });
});
