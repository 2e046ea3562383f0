import type { Deps } from "../../deps.ts";
import type { Secret } from "../../identity/api-key.ts";
import type { JsonObject } from "../../sale.ts";

/**
 * The key that came with an order, as the answer tells it while it is good or may become so, and why it does not when it
 * is no more.
 */
export async function keyAsItIs({ db }: Pick<Deps, "db">, { key, hash }: Secret, keyId: string): Promise<JsonObject> {
  const text = "select hash, revoked_at from app.api_key where key_id = $1";
  const { rows } = await db.pool.query<{ hash: Buffer; revoked_at: Date | null }>({
    name: "key-as-it-is",
    text,
    values: [keyId],
  });
  const [row] = rows;
  // Nobody removes a row: the key is not made before the payment has arrived.
  if (!row) return { api_key: key };
  if (row.revoked_at) return { api_key: null, key_status: "revoked" };
  // Also when the operator has changed the secret that keys are made from: the key itself is as good as it was.
  return row.hash.equals(hash) ? { api_key: key } : { api_key: null, key_status: "rotated" };
}
