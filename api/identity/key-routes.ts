import { Hono } from "hono";
import { ApiError } from "../errors.ts";
import { dollarsOf } from "../prices.ts";
import { credentialsOf } from "./call.ts";
import { readJson } from "./json-body.ts";
import { readKeyChange, readKeyWish } from "./key-fields.ts";
import { alterKey, endKey, type KeyDeps, keysOf, type Made, makeKey, renewKey } from "./key-management.ts";
import type { Key } from "./keys.ts";
import { pageOf } from "./page.ts";

/** The keys of the caller's account, under /api/v1/keys: by sign-in, or by a key that may manage. */
export function keyRoutes(deps: KeyDeps): Hono {
  const routes = new Hono();
  routes.use(async (c, next) => {
    await next();
    c.header("Cache-Control", "no-store");
  });
  routes.get("/", async (c) => {
    const page = pageOf(c.req.query());
    const keys = await keysOf(deps, credentialsOf(c), page);
    return c.json({ success: true, keys: keys.map(publicKey), count: keys.length, ...page });
  });
  routes.post("/", async (c) => {
    const by = credentialsOf(c);
    return c.json(madeBody(await makeKey(deps, by, readKeyWish(await readJson(c.req.raw)))));
  });
  routes.patch("/:id", async (c) => {
    const by = credentialsOf(c);
    const keyId = keyIdOf(c.req.param("id"));
    const key = await alterKey(deps, by, { keyId, ...readKeyChange(await readJson(c.req.raw)) });
    return c.json({ success: true, ...publicKey(key) });
  });
  routes.post("/:id/rotate", async (c) =>
    c.json(madeBody(await renewKey(deps, credentialsOf(c), keyIdOf(c.req.param("id"))))),
  );
  routes.delete("/:id", async (c) => {
    const key = await endKey(deps, credentialsOf(c), keyIdOf(c.req.param("id")));
    return c.json({ success: true, ...publicKey(key) });
  });
  return routes;
}

function keyIdOf(given: string): string {
  const keyId = given.toLowerCase();
  if (!/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(keyId))
    throw new ApiError("not_found", { message: "There is no such key." });
  return keyId;
}

const madeBody = ({ secret, key }: Made) => ({
  success: true,
  api_key: secret,
  ...publicKey(key),
  message: "The key is told this once. Send it as X-API-Key.",
});

const publicKey = (key: Key) => ({
  key_id: key.keyId,
  prefix: key.shown,
  name: key.name,
  cap_usd: key.capMicroUsd === null ? null : dollarsOf(key.capMicroUsd),
  spent_usd: dollarsOf(key.spentMicroUsd),
  may_manage: key.mayManage,
  account: { address: key.address, network: `eip155:${key.chainId}` },
  created_at: key.createdAt.toISOString(),
  rotated_at: key.rotatedAt?.toISOString() ?? null,
  last_used_at: key.lastUsedAt?.toISOString() ?? null,
  revoked_at: key.revokedAt?.toISOString() ?? null,
});
