import { Hono } from "hono";
import { readJson } from "./json-body.ts";
import { issueNonce, type SiweDeps, signIn, signOut } from "./siwe.ts";

/** Sign-In with Ethereum, under /api/v1/auth. */
export function identityRoutes(deps: SiweDeps): Hono {
  const routes = new Hono();
  routes.get("/siwe", async (c) => {
    const { address, chainId } = c.req.query();
    return c.json(await issueNonce(deps, { address, chainId }));
  });
  routes.post("/siwe", async (c) => {
    const { token, address, expiresAt } = await signIn(deps, await readJson(c.req.raw));
    return c.json({ success: true, token, address, expiresAt: expiresAt.toISOString() });
  });
  routes.delete("/siwe", async (c) => {
    await signOut(deps, c.req.header("authorization"));
    return c.json({ success: true });
  });
  return routes;
}
