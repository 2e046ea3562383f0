import type { Hono } from "hono";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { splitOn } from "../../../api/storefront/endpoint.ts";
import { MASKED_API_TERMS } from "../../../api/storefront/endpoint-schemas.ts";
import { ENDPOINTS } from "../../../api/storefront/endpoints.ts";
import { creation, JSON_TYPE, type World } from "../../world.ts";
import { merchantWallet } from "../support/wallet.ts";
import { signedInAs } from "../x402/counter.ts";
import { openShopWindow, salesOf } from "./shop-window.ts";

const made = vi.hoisted((): Hono[] => []);
vi.mock("hono", async (original) => {
  const hono = await original<typeof import("hono")>();
  return {
    ...hono,
    Hono: class extends hono.Hono {
      constructor(...options: ConstructorParameters<typeof hono.Hono>) {
        super(...options);
        made.push(this as unknown as Hono);
      }
    },
  };
});

let world: World;
beforeAll(async () => {
  world = await openShopWindow();
});
afterAll(() => world?.close());

const endpoints = ENDPOINTS.flatMap((group) => group.endpoints);

/** What the whole of Hono's application answers, whatever a parameter is called. */
function mounted(): Set<string> {
  const routes = made.map((each) => each.routes).sort((a, b) => b.length - a.length)[0] ?? [];
  const answered = routes.filter(({ method }) => method !== "ALL").map(({ method, path: at }) => `${method} ${at}`);
  return new Set(answered.map((each) => each.replace(/:\w+/g, "{}").replace(/([^ ])\/$/, "$1")));
}

const anonymous = (on: string): string => on.replace(/\{\w+\}/g, "{}");

describe("the table of endpoints", () => {
  it("names every route that is mounted, and no other; calls of masked APIs go past Hono", () => {
    const told = endpoints.map(({ on }) => anonymous(on)).filter((on) => !/^\w+ \/api\/\{\}/.test(on));
    const sold = salesOf(world).map((sale) => `${sale.method} ${sale.path}`);
    expect([...told, ...sold].sort()).toEqual([...mounted()].sort());
  });

  it("holds every endpoint that /api/v1/x402/info names", async () => {
    const named = Object.values<string>((await world.ask("/api/v1/x402/info")).body.endpoints);
    expect(named.length).toBeGreaterThan(5);
    const known = [...endpoints.map(({ on }) => on), ...salesOf(world).map((sale) => `${sale.method} ${sale.path}`)];
    const ons = named.map((each) => anonymous(each.replace(world.url, "").replace(/\?.*/, "")));
    expect(known.map(anonymous)).toEqual(expect.arrayContaining(ons));
  });

  it("says who is let in as it is: a stranger is sent to sign in, and only there", async () => {
    for (const { on, who, body: schema } of endpoints) {
      const { method, path: at } = splitOn({ on });
      if (method === "ANY" || at === "/api/{apiId}") continue;
      const sent = JSON.stringify([schema?.examples].flat()[0] ?? {});
      const body = method === "GET" || method === "DELETE" ? {} : { headers: JSON_TYPE, body: sent };
      const { status } = await world.ask(at.replace(/\{\w+\}/g, NOBODY), { method, ...body });
      const isOpen = who === "anyone" || who === "who knows the id";
      expect([on, status === 401]).toEqual([on, !isOpen]);
    }
  });

  it("has examples that are taken", async () => {
    const headers = await signedInAs(world, merchantWallet);
    const send = (method: string, at: string, body: unknown) =>
      world.ask(at, { method, headers, body: JSON.stringify(body) });
    const exampleOf = (wanted: string) => [endpoints.find(({ on }) => on === wanted)?.body?.examples].flat()[0];
    const key = await send("POST", "/api/v1/keys", exampleOf("POST /api/v1/keys"));
    expect(key.status).toBe(200);
    const edit = exampleOf("PATCH /api/v1/keys/{keyId}");
    expect((await send("PATCH", `/api/v1/keys/${key.body.key_id}`, edit)).status).toBe(200);
    const hook = await send("POST", "/api/v1/webhooks", {
      ...(exampleOf("POST /api/v1/webhooks") as object),
      // Nothing leaves this machine to look the example's host up.
      url: world.upstream.url,
    });
    expect(hook.status).toBe(200);
    const paused = exampleOf("PATCH /api/v1/webhooks/{webhookId}");
    expect((await send("PATCH", `/api/v1/webhooks/${hook.body.webhook_id}`, paused)).status).toBe(200);
  });

  it("asks of a masked API for what has to be told, and names nothing that is not known", async () => {
    const { required, properties } = MASKED_API_TERMS as {
      required: string[];
      properties: object;
    };
    const create = (body: object) =>
      world.ask("/api/402/apis", { method: "POST", headers: JSON_TYPE, body: JSON.stringify(body) });
    const { p_name: _, ...least } = creation(world);
    expect(Object.keys(least).sort()).toEqual([...required].sort());
    expect((await create(least)).status).toBe(200);
    for (const field of required) {
      const { [field]: _missing, ...rest } = least;
      expect((await create(rest)).body).toMatchObject({ message: `${field}: is missing` });
    }
    const nothing = Object.fromEntries(Object.keys(properties).map((name) => [name, null]));
    expect((await create({ ...nothing, ...least })).status).toBe(200);
  });
});

const NOBODY = "00000000-0000-4000-8000-000000000000";
