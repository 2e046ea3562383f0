import { Hono } from "hono";
import { getAddress } from "viem";
import type { Deps } from "../deps.ts";
import { pageOf } from "../identity/page.ts";
import { TOP_UP } from "../limits.ts";
import { dollarsOf } from "../prices.ts";
import type { ListedApi, Listing } from "../products/masked-api/listing.ts";
import { type BazaarItem, bazaarItem } from "./bazaar-item.ts";
import type { Listed, ListingDeps } from "./listed-sales.ts";
import { type MaskedItemDeps, maskedItem, maskedResource } from "./masked-items.ts";

export type DiscoveryDeps = ListingDeps & MaskedItemDeps & Pick<Deps, "facilitatorUrl" | "clock">;

/** What is sold per call, and the masked APIs that their merchants list. */
export type Discovered = { readonly listed: readonly Listed[]; readonly listing: Listing };

/** What can be bought, in the words of those who look for such things. */
export function discoveryRoutes(deps: DiscoveryDeps, { listed, listing }: Discovered): Hono {
  const routes = new Hono();
  const { publicUrl, providerName, clock } = deps;
  const since = new Date(clock.nowMs()).toISOString();
  const sold = listed.map((each) => bazaarItem(each, { publicUrl, providerName, since }));
  const itemsWith = rememberLast((apis) => [...sold, ...apis.map((api) => maskedItem(deps, api))]);
  const discover = createDiscovery(deps, { listed, listing });
  const wellKnown = wellKnownOf(deps, listed);
  routes.get("/api/v1/discovery", async (c) => c.json(await discover()));
  routes.get("/.well-known/x402", (c) => c.json(wellKnown));
  routes.get("/discovery/resources", async (c) => {
    const query = c.req.query();
    const { limit, offset } = pageOf({ limit: BAZAAR_LIMIT, ...query });
    const found = itemsWith(await listing.all()).filter((item) => fits(item, query));
    return c.json({
      x402Version: 2,
      items: found.slice(offset, offset + limit),
      pagination: { limit, offset, total: found.length },
    });
  });
  return routes;
}

/** What is sold, with prices, networks and payTo. */
export function createDiscovery(deps: DiscoveryDeps, { listed, listing }: Discovered) {
  const metadata = metadataOf(deps, listed);
  const shown = rememberLast((apis) => apis.slice(0, MASKED_SHOWN).map((api) => maskedResource(deps, api)));
  return async () => {
    const apis = await listing.all();
    return { ...metadata, maskedApis: { total: apis.length, resources: shown(apis) } };
  };
}

/** What the Bazaar's specification gives to who asks for no number. */
const BAZAAR_LIMIT = "20";

/** The others stand in `/discovery/resources`, which has pages. */
const MASKED_SHOWN = 100;

/** What was made of a list is made anew when there is another list. */
function rememberLast<T>(make: (apis: readonly ListedApi[]) => T): (apis: readonly ListedApi[]) => T {
  let last: { apis: readonly ListedApi[]; made: T } | undefined;
  return (apis) => {
    if (last?.apis !== apis) last = { apis, made: make(apis) };
    return last.made;
  };
}

/** Filters that a Bazaar's clients know; what is not asked for fits. */
function fits({ type, accepts }: BazaarItem, asked: Record<string, string>): boolean {
  const same = (name: "scheme" | "network", given: string) => accepts.some((accepted) => accepted[name] === given);
  return (
    (asked.type ?? type) === type &&
    (asked.scheme === undefined || same("scheme", asked.scheme)) &&
    (asked.network === undefined || same("network", asked.network)) &&
    (asked.payTo === undefined || accepts.some(({ payTo }) => payTo.toLowerCase() === asked.payTo?.toLowerCase()))
  );
}

function metadataOf(deps: DiscoveryDeps, listed: readonly Listed[]) {
  const { publicUrl, providerName } = deps;
  return {
    success: true,
    x402Version: 2,
    name: providerName,
    baseUrl: publicUrl,
    ...whereOf(deps, listed),
    resources: listed.map(({ sale, offer }) => ({
      id: sale.id,
      resource: offer.resourceUrl,
      method: sale.method,
      description: sale.description,
      priceUsd: dollarsOf(sale.priceMicroUsd),
      ...(sale.priceOf && { minUsd: dollarsOf(TOP_UP.minMicroUsd), maxUsd: dollarsOf(TOP_UP.maxMicroUsd) }),
      needsSignIn: sale.docs.needsSignIn === true,
      waysToPay: sale.isPaidFromBalance === false ? ["x402"] : ["x402", "balance"],
      accepts: [offer.requirements],
      inputSchema: sale.docs.inputSchema,
      exampleInput: sale.docs.exampleInput,
      exampleOutput: sale.docs.exampleOutput,
    })),
    ...linksOf(publicUrl),
  };
}

/** There is no standard of it: what registries read, and what the others say. */
const wellKnownOf = (deps: DiscoveryDeps, listed: readonly Listed[]) => ({
  version: 1,
  x402Version: 2,
  x402Versions: [1, 2],
  resources: listed.map(({ offer }) => offer.resourceUrl),
  ...whereOf(deps, listed),
  ...linksOf(deps.publicUrl),
  instructions: "POST to a resource without payment to be told its price. How to go on: llms.txt.",
});

function whereOf({ receiver, facilitatorUrl }: DiscoveryDeps, listed: readonly Listed[]) {
  if (!receiver || listed.length === 0) return { networks: [], facilitators: [], payTo: null };
  const { chain, address } = receiver;
  const payTo = getAddress(address);
  const { name, version, address: asset } = chain.usdc;
  const token = { asset: getAddress(asset), symbol: "USDC", decimals: 6, extra: { name, version } };
  return {
    networks: [{ network: chain.caip2, chainId: chain.id, scheme: "exact", ...token, payTo }],
    // None is named where we settle ourselves.
    facilitators: facilitatorUrl === undefined ? [] : [facilitatorUrl],
    payTo,
  };
}

const linksOf = (publicUrl: string) => ({
  discovery: `${publicUrl}/discovery/resources`,
  openapi: `${publicUrl}/openapi.json`,
  llms: `${publicUrl}/llms.txt`,
  mcp: `${publicUrl}/mcp`,
});
