import { Hono } from "hono";
import { invalidField } from "../../errors.ts";
import { credentialsOf } from "../../identity/call.ts";
import { callerWallet } from "../../identity/caller-wallet.ts";
import { pageOf } from "../../identity/page.ts";
import type { SiweDeps } from "../../identity/siwe.ts";
import { E164 } from "../../providers/phone/fields.ts";
import { listMessages } from "./history.ts";
import { listLeases, publicLease } from "./lease.ts";

/** What a wallet, or who has its key, sees of its lines, under /api/v1/numbers/mine. */
export function numberRoutes(deps: SiweDeps): Hono {
  const routes = new Hono();
  routes.use(async (c, next) => {
    await next();
    c.header("Cache-Control", "no-store");
  });
  routes.get("/", async (c) => {
    const wallet = await callerWallet(deps, credentialsOf(c));
    const query = c.req.query();
    const leases = await listLeases(deps, wallet, { all: query.all === "true", ...pageOf(query) });
    const numbers = leases.map((lease) => publicLease(lease, deps.clock.nowMs()));
    return c.json({ success: true, address: wallet.address, numbers, count: numbers.length });
  });
  routes.get("/messages", async (c) => {
    const wallet = await callerWallet(deps, credentialsOf(c));
    const query = c.req.query();
    const page = pageOf(query);
    const messages = await listMessages(deps, wallet, { phoneNumber: numberOf(query.phoneNumber), ...page });
    return c.json({ success: true, messages, count: messages.length, ...page });
  });
  return routes;
}

/** A plus sign that was not escaped arrives as a space. */
function numberOf(given: string | undefined): string | undefined {
  const phoneNumber = given?.replace(/^ /, "+");
  if (phoneNumber !== undefined && !E164.test(phoneNumber))
    throw invalidField("phoneNumber", "must be a phone number in E.164 form, such as +12125551234");
  return phoneNumber;
}
