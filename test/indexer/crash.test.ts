import { afterEach, describe, expect, inject, it } from "vitest";
import { paymentGatewayAbi } from "../../contracts/abi.ts";
import { freshDatabase } from "../support/database.ts";
import { MERCHANT, openId, startTestChain, type TestChain } from "./chain.ts";
import { has, killWhen } from "./kill.ts";
import { query } from "./rows.ts";
import { expectExact, startTestIndexer, type TestIndexer } from "./run.ts";
import { startTraffic } from "./traffic.ts";

describe("Ponder killed with SIGKILL", () => {
  let chain: TestChain | undefined;
  let indexer: TestIndexer | undefined;

  afterEach(async () => {
    await indexer?.stop();
    await chain?.stop();
  });

  it("leaves an exact index when it dies while it fetches and while it indexes the past", async () => {
    chain = await startTestChain();
    for (let i = 0; i < 60; i++) await payBatch(chain, 50);
    await chain.client.mine({ blocks: 70 });
    const databaseUrl = await freshDatabase(inject("pgUrl"));
    indexer = await startTestIndexer(chain, { databaseUrl });

    await killWhen(indexer, () => has(databaseUrl, `select from ${indexer?.schema}._ponder_meta`));
    await killWhen(indexer, () => has(databaseUrl, "select from ponder_sync.logs"));
    await indexer.ready;
    expect(await expectExact(databaseUrl, chain)).toBe(3_000);
  });

  it("leaves an exact index when it dies three times under traffic", async () => {
    chain = await startTestChain();
    const databaseUrl = await freshDatabase(inject("pgUrl"));
    indexer = await startTestIndexer(chain, { databaseUrl });
    await indexer.ready;

    const traffic = startTraffic(chain);
    for (let kill = 1; kill <= 3; kill++) {
      const before = await rows(databaseUrl);
      await expect.poll(() => rows(databaseUrl), { timeout: 60_000, interval: 20 }).toBeGreaterThan(before + 10);
      await killWhen(indexer, async () => true);
    }
    const sent = await traffic.stop();
    expect(await expectExact(databaseUrl, chain)).toBe(sent);
  });
});

async function rows(databaseUrl: string): Promise<number> {
  const counted = await query<{ n: number }>(databaseUrl, "select count(*)::int as n from onchain.payment");
  return counted[0]?.n ?? 0;
}

async function payBatch({ client, gateway }: TestChain, size: number): Promise<void> {
  const nonce = await client.getTransactionCount({ address: client.account.address });
  const payment = (i: number) => ({
    sessionId: openId(`batch ${nonce} ${i % 7}`),
    merchant: MERCHANT,
    token: "0x0000000000000000000000000000000000000000" as const,
    amount: BigInt(i + 1),
  });
  const payments = Array.from({ length: size }, (_, i) => payment(i));
  const hash = await client.writeContract({
    chain: null,
    address: gateway.address,
    abi: paymentGatewayAbi,
    functionName: "payBatch",
    args: [payments],
    value: payments.reduce((sum, { amount }) => sum + amount, 0n),
  });
  await client.waitForTransactionReceipt({ hash });
}
