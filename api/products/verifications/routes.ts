import { Hono } from "hono";
import { readJson } from "../../identity/json-body.ts";
import { checkVerification } from "./check.ts";
import type { VerificationDeps } from "./verification.ts";

/** Codes that somebody was sent and now tells, under /api/v1/verifications: for whoever knows the verification's id. */
export function verificationRoutes(deps: VerificationDeps): Hono {
  const routes = new Hono();
  routes.post("/check", async (c) => {
    c.header("Cache-Control", "no-store");
    return c.json(await checkVerification(deps, await readJson(c.req.raw)));
  });
  return routes;
}
