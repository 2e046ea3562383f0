import type { PaymentRequirements } from "@x402/core/types";
import type { Stand } from "../../../api/deps.ts";
import { offersOf } from "../../../api/offers.ts";
import type { Sale } from "../../../api/sale.ts";
import { createWorld, type World } from "../../world.ts";
import { ENV as CODES } from "../orders/order-shop.ts";
import { createStandIn } from "../orders/stand-in.ts";
import { quoteOf, RECEIVER } from "../x402/counter.ts";
import { FakeFacilitator } from "../x402/fake-facilitator.ts";

/** A shop that sells everything there is. */
export const openShopWindow = (env: NodeJS.ProcessEnv = {}, stand: Stand = {}): Promise<World> =>
  createWorld(
    { ...ON_BASE, ...CODES, PHONE_CARRIER: "sandbox", CONTACT_EMAIL: "shop@example.com", ...env },
    (shared) => ({
      facilitator: new FakeFacilitator(shared.indexed),
      otp: createStandIn(),
      ...stand,
    }),
  );

const ON_BASE = {
  BASE_RPC_URL: "http://127.0.0.1:1",
  RECEIVER_ADDRESS: RECEIVER,
  RECEIVER_START_BLOCK: "1",
  SETTLER_KEY: "11".repeat(32),
};

/** What is sold there. */
export const salesOf = ({ server }: World): readonly Sale[] => offersOf(server.deps);

/** What each way to look at the shop says of one sale: where it is, and for how much, or undefined. */
export type Views = Record<string, (sale: Sale) => Said | undefined>;
type Said = { readonly url: string; readonly price?: string | undefined };

export async function viewsOf(world: World): Promise<Views> {
  const [openapi, discovery, bazaar, wellKnown, llms] = await Promise.all(
    ["/openapi.json", "/api/v1/discovery", "/discovery/resources?limit=100", "/.well-known/x402", "/llms.txt"].map(
      (path) => world.ask(path),
    ),
  );
  const quotes = new Map<string, PaymentRequirements>();
  for (const { path } of salesOf(world)) quotes.set(path, quoteOf(await world.ask(path, { method: "POST" })));
  return {
    "402": ({ path }) => ({ url: world.url + path, price: quotes.get(path)?.amount }),
    openapi: ({ path }) => {
      const operation = openapi?.body.paths[path]?.post;
      const price = operation?.["x-payment-info"].protocols[0].x402.amount;
      return operation && { url: openapi.body.servers[0].url + path, price };
    },
    discovery: (sale) => listedAs(discovery?.body.resources, sale, world),
    bazaar: (sale) => listedAs(bazaar?.body.items, sale, world),
    wellKnown: ({ path }) => {
      const url = wellKnown?.body.resources.find((each: string) => each === world.url + path);
      return url && { url };
    },
    guidance: ({ path }) => {
      const url = world.url + path;
      return openapi?.body.info["x-guidance"].includes(`- POST ${url}: `) ? { url } : undefined;
    },
    llms: ({ path }) => (llms?.text.includes(`\`POST ${path}\``) ? { url: world.url + path } : undefined),
  };
}

type Listed = { resource: string; accepts: PaymentRequirements[] };

function listedAs(all: Listed[], { path }: Sale, { url }: World): Said | undefined {
  const found = all.find(({ resource }) => resource === url + path);
  return found && { url: found.resource, price: found.accepts[0]?.amount };
}

/** Every way in which views and sales do not say the same. */
export function disagreements(views: Views, sales: readonly Sale[], { url }: World): string[] {
  return Object.entries(views).flatMap(([view, look]) =>
    sales.flatMap((sale) => {
      const said = look(sale);
      if (said?.url !== url + sale.path) return [`${view}: ${sale.path} is missing`];
      const isSame = said.price === undefined || said.price === String(sale.priceMicroUsd);
      return isSame ? [] : [`${view}: ${sale.path} costs ${said.price}`];
    }),
  );
}
