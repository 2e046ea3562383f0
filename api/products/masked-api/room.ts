import type { Hono } from "hono";
import type { Deps } from "../../deps.ts";
import { createQuotes } from "../../payments/session/quotes.ts";
import { sessionKeys } from "../../payments/session/session-id.ts";
import { createSessions } from "../../payments/session/sessions.ts";
import { createWaiter } from "../../payments/session/wait.ts";
import { type Asking, askMaskedApi, type Told } from "./ask.ts";
import { type Address, type CallDeps, callMaskedApi } from "./call.ts";
import { type CallCounts, createCallCounts } from "./call-counts.ts";
import { type Catalog, createCatalog } from "./catalog.ts";
import { HeldBytes } from "./held-bytes.ts";
import { createImageLinks } from "./image-links.ts";
import { createListing, type Listing } from "./listing.ts";
import { type OnSale, putOnSale } from "./put-on-sale.ts";
import type { Exchange } from "./reply.ts";
import { maskedApiRoutes } from "./routes.ts";

/** Masked APIs as the app mounts them: their management, and the calls that go past Hono. */
export type MaskedApiRoom = {
  readonly routes: Hono;
  /** @throws ApiError for everything that the caller is told but 402 and 200 */
  call(exchange: Exchange, address: Address): Promise<void> | undefined;
  /** The same call for whoever came through another room. */
  ask(asking: Asking): Promise<Told>;
  /** @throws ApiError */
  putOnSale(body: unknown, authorization: string | undefined): Promise<OnSale>;
  readonly catalog: Catalog;
  readonly listing: Listing;
  readonly counts: Pick<CallCounts, "flush">;
};

/** Builds the room over what the process is connected to; what it remembers starts empty. */
export function openMaskedApis(deps: Deps): MaskedApiRoom {
  const keys = sessionKeys(deps.sessionKeys);
  const catalog = createCatalog(deps);
  const quotes = createQuotes({ ...deps, keys, chain: deps.chain.chain });
  const sessions = createSessions({ ...deps, keys, quotes });
  const counts = createCallCounts(deps);
  const calls: CallDeps = {
    ...deps,
    counts,
    catalog,
    quotes,
    sessions,
    wait: createWaiter(deps),
    imageLinks: createImageLinks(deps),
    held: new HeldBytes(),
  };
  const selling = { chainId: deps.chain.chain.id, address: deps.gateway };
  const managing = { ...deps, catalog, selling };
  return {
    routes: maskedApiRoutes(managing),
    ask: (asking) => askMaskedApi(calls, asking),
    putOnSale: (body, authorization) => putOnSale(managing, body, authorization),
    call: (exchange, address) => callMaskedApi(calls, exchange, address),
    catalog,
    listing: createListing(deps),
    counts,
  };
}
