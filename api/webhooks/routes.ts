import { type Context, Hono } from "hono";
import type { Deps } from "../deps.ts";
import { ApiError } from "../errors.ts";
import { credentialsOf } from "../identity/call.ts";
import { callerWallet } from "../identity/caller-wallet.ts";
import { readJson } from "../identity/json-body.ts";
import { pageOf } from "../identity/page.ts";
import { listDeliveries, ping, replay } from "./deliveries.ts";
import { readCreation, readEdit } from "./fields.ts";
import {
  createWebhook,
  deleteWebhook,
  editWebhook,
  findWebhook,
  listWebhooks,
  rotateSecret,
  type WebhooksDeps,
} from "./webhooks.ts";

/** What owners want to be told of and what they were told, under /api/v1/webhooks. */
export function webhookRoutes(deps: WebhooksDeps & Pick<Deps, "db" | "clock">): Hono {
  const routes = new Hono();
  routes.use(async (c, next) => {
    await next();
    c.header("Cache-Control", "no-store");
  });
  routes.post("/", async (c) => {
    const owner = await callerWallet(deps, credentialsOf(c));
    const { webhook, secret } = await createWebhook(deps, owner, readCreation(await readJson(c.req.raw)));
    return c.json({ success: true, ...webhook, secret });
  });
  routes.get("/", async (c) => {
    const webhooks = await listWebhooks(deps, await callerWallet(deps, credentialsOf(c)));
    return c.json({ success: true, webhooks, count: webhooks.length });
  });
  routes.get("/:id", async (c) => c.json({ success: true, ...(await own(deps, c)) }));
  routes.patch("/:id", async (c) => {
    const { webhook_id } = await own(deps, c);
    return c.json({ success: true, ...(await editWebhook(deps, webhook_id, readEdit(await readJson(c.req.raw)))) });
  });
  routes.delete("/:id", async (c) => {
    await deleteWebhook(deps, (await own(deps, c)).webhook_id);
    return c.json({ success: true });
  });
  routes.post("/:id/rotate-secret", async (c) => {
    const { webhook, secret } = await rotateSecret(deps, (await own(deps, c)).webhook_id);
    return c.json({ success: true, ...webhook, secret });
  });
  routes.post("/:id/test", async (c) =>
    c.json({ success: true, ...(await ping(deps, (await own(deps, c)).webhook_id)) }),
  );
  routes.get("/:id/deliveries", async (c) => {
    const { webhook_id } = await own(deps, c);
    const page = pageOf(c.req.query());
    const deliveries = await listDeliveries(deps, webhook_id, page);
    return c.json({ success: true, deliveries, count: deliveries.length, ...page });
  });
  routes.post("/:id/deliveries/:deliveryId/replay", async (c) => {
    const { webhook_id } = await own(deps, c);
    return c.json({ success: true, ...(await replay(deps, webhook_id, idOf(c, "deliveryId"))) });
  });
  return routes;
}

const own = async (deps: WebhooksDeps, c: Context) =>
  findWebhook(deps, await callerWallet(deps, credentialsOf(c)), idOf(c, "id"));

const ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function idOf(c: Context, name: "id" | "deliveryId"): string {
  const id = (c.req.param(name) ?? "").toLowerCase();
  if (!ID.test(id)) throw new ApiError("not_found");
  return id;
}
