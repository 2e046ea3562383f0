import { type Context, Hono } from "hono";
import { invalidField } from "../../errors.ts";
import { readJson } from "../../identity/json-body.ts";
import { signedInWallet } from "../../identity/siwe.ts";
import type { Catalog } from "./catalog.ts";
import { editMaskedApi } from "./create.ts";
import { earnings } from "./earnings/earnings.ts";
import { readEdit } from "./input.ts";
import { API_ID, type MaskedApi, publicProjection } from "./masked-api.ts";
import { mustBeMerchant } from "./merchant.ts";
import { type PutOnSaleDeps, putOnSale } from "./put-on-sale.ts";
import { listMaskedApis, setStatus } from "./store.ts";
import { noSuchApi } from "./unpaid.ts";

export type RoutesDeps = PutOnSaleDeps & { catalog: Catalog };

/** Putting APIs on sale and looking after them, under /api/402/apis. */
export function maskedApiRoutes(deps: RoutesDeps): Hono {
  const routes = new Hono();
  const shown = (api: MaskedApi) => publicProjection(api, deps.publicUrl);
  const reread = async (c: Context, apiId: string) => {
    const api = await deps.catalog.find(apiId);
    return c.json({
      code: "successful",
      data: api && !api.isClosed ? shown(api) : { id: apiId, apiId, status: "deleted" },
    });
  };
  routes.post("/", async (c) =>
    c.json(await putOnSale(deps, await readJson(c.req.raw), c.req.header("authorization"))),
  );
  routes.get("/", async (c) => {
    const wallet = await signedInWallet(deps, c.req.header("authorization"));
    const offset = offsetOf(c.req.query("offset"));
    const apis = await listMaskedApis(deps, wallet, offset);
    return c.json({ code: "successful", data: apis.map(shown), meta: { offset, count: apis.length } });
  });
  routes.get("/:id", async (c) => reread(c, (await own(deps, c)).apiId));
  routes.patch("/:id", async (c) => {
    const api = await own(deps, c);
    await editMaskedApi(deps, api, readEdit(await readJson(c.req.raw), deps.selling));
    return reread(c, api.apiId);
  });
  for (const [verb, status] of [
    ["pause", "paused"],
    ["resume", "active"],
  ] as const)
    routes.post(`/:id/${verb}`, async (c) => {
      const { apiId } = await own(deps, c);
      await setStatus(deps, apiId, status);
      return reread(c, apiId);
    });
  routes.delete("/:id", async (c) => {
    const { apiId } = await own(deps, c);
    await setStatus(deps, apiId, "deleted");
    return reread(c, apiId);
  });
  routes.get("/:id/earnings", async (c) => earnings(c, deps, (await own(deps, c)).apiId));
  return routes;
}

/** The API that the path names, for its merchant alone. @throws ApiError unauthorized, not_found, forbidden */
async function own(deps: RoutesDeps, c: Context): Promise<MaskedApi> {
  const wallet = await signedInWallet(deps, c.req.header("authorization"));
  const apiId = (c.req.param("id") ?? "").toLowerCase();
  const api = API_ID.test(apiId) ? await deps.catalog.find(apiId) : undefined;
  if (!api || api.isClosed) throw noSuchApi();
  mustBeMerchant(wallet, { merchant: api.terms[0].merchant, chainId: api.chainId });
  return api;
}

function offsetOf(given: string | undefined): number {
  if (given === undefined) return 0;
  if (!/^\d{1,6}$/.test(given)) throw invalidField("offset", "must be a whole number");
  return Number(given);
}
