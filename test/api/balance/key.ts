import { randomUUID } from "node:crypto";
import type { Address } from "viem";
import { freshKey } from "../../../api/identity/api-key.ts";
import { balanceOf, deposit, openAccount } from "../../../api/ledger.ts";
import type { World } from "../../world.ts";
import { strangerWallet } from "../support/wallet.ts";

export type TestKey = {
  readonly accountId: string;
  readonly keyId: string;
  readonly headers: Record<string, string>;
  balance(): Promise<bigint>;
};

export type KeyWish = { readonly microUsd: bigint; readonly of?: Address; readonly capMicroUsd?: bigint };

/** A key to an account with money in it, as if a top-up had been made. */
export async function keyWith(
  world: Pick<World, "server" | "clock">,
  { microUsd, of, capMicroUsd }: KeyWish,
): Promise<TestKey> {
  const { pool } = world.server.deps.db;
  const holder = { address: of ?? strangerWallet.address, chainId: 8453 };
  const accountId = await openAccount(pool, holder);
  const at = new Date(world.clock.nowMs());
  if (microUsd > 0n) {
    const payer = holder.address;
    await deposit(pool, { cause: randomUUID(), accountId, payer, chainId: 8453, amountMicroUsd: microUsd, at });
  }
  const { key, hash, shown } = freshKey();
  const keyId = randomUUID();
  await pool.query(
    `insert into app.api_key (key_id, account_id, hash, shown, name, cap_micro_usd, may_manage, created_at)
     values ($1, $2, $3, $4, 'test', $5, $6, $7)`,
    [keyId, accountId, hash, shown, capMicroUsd?.toString() ?? null, capMicroUsd === undefined, at],
  );
  return { accountId, keyId, headers: { "X-API-Key": key }, balance: () => balanceOf(pool, accountId) };
}
