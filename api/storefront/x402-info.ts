import { Hono } from "hono";
import { getAddress } from "viem";
import type { Deps, Receiver } from "../deps.ts";
import { ApiError } from "../errors.ts";
import { TOP_UP } from "../limits.ts";
import { v1NameOf } from "../payments/x402/offer.ts";
import { dollarsOf, retailMicroUsd } from "../prices.ts";
import type { OtpOffer } from "../providers/otp.ts";
import type { Sale } from "../sale.ts";

type InfoDeps = Pick<Deps, "publicUrl" | "receiver" | "facilitator" | "otp" | "otpMarginPercent" | "providerName">;

/** What an agent asks before it pays: where, in what, how much at least. Under /api/v1/x402. */
export function x402InfoRoutes(deps: InfoDeps, sales: readonly Sale[]): Hono {
  const routes = new Hono();
  const codesFrom = cheapestCode(deps);
  routes.get("/info", async (c) => {
    const { receiver, facilitator, publicUrl, providerName } = deps;
    if (!receiver || !facilitator) throw new ApiError("not_offered");
    c.header("Cache-Control", "no-store");
    return c.json({
      success: true,
      provider: providerName,
      x402_versions: [1, 2],
      networks: [networkOf(receiver)],
      topup: topUpOf(publicUrl),
      price_floors: {
        topup_usd: dollarsOf(TOP_UP.minMicroUsd),
        per_call_usd: floorOf(sales),
        // What a number for one code costs at least now; null when none is sold, or the supplier cannot be asked.
        code_usd: await codesFrom(),
      },
      per_call: sales.filter((sale) => !sale.priceOf).map((sale) => pricedOf(publicUrl, sale)),
      endpoints: endpointsOf(publicUrl),
      raise_client_limits: CLIENT_LIMITS,
    });
  });
  return routes;
}

const networkOf = ({ chain, address }: Receiver) => ({
  network: chain.caip2,
  v1_network: v1NameOf(chain.id),
  chain_id: chain.id,
  scheme: "exact",
  token: "USDC",
  asset: getAddress(chain.usdc.address),
  decimals: 6,
  pay_to: getAddress(address),
  extra: { name: chain.usdc.name, version: chain.usdc.version },
});

const topUpOf = (publicUrl: string) => ({
  url: `${publicUrl}/api/v1/x402/topup`,
  method: "POST",
  body: { amount_usd: dollarsOf(TOP_UP.usualMicroUsd) },
  min_usd: dollarsOf(TOP_UP.minMicroUsd),
  default_usd: dollarsOf(TOP_UP.usualMicroUsd),
  max_usd: dollarsOf(TOP_UP.maxMicroUsd),
  key: "The api_key of the answer spends what was paid for it. Sign in as the payer to get one for the whole account.",
});

const pricedOf = (publicUrl: string, { id, method, path, priceMicroUsd, isPaidFromBalance }: Sale) => ({
  item: id,
  method,
  url: publicUrl + path,
  price_usd: dollarsOf(priceMicroUsd),
  ways_to_pay: isPaidFromBalance === false ? ["x402"] : ["x402", "balance"],
});

function floorOf(sales: readonly Sale[]): number | null {
  const prices = sales.filter((sale) => !sale.priceOf).map(({ priceMicroUsd }) => dollarsOf(priceMicroUsd));
  return prices.length > 0 ? Math.min(...prices) : null;
}

/** There may be half a million offers, and they stay the same for seconds. */
function cheapestCode({ otp, otpMarginPercent }: InfoDeps): () => Promise<number | null> {
  let last: { offers: readonly OtpOffer[]; fromUsd: number | null } | undefined;
  return async () => {
    const offers = await otp?.offers().catch(() => undefined);
    if (!offers) return null;
    if (last?.offers !== offers) last = { offers, fromUsd: fromUsd(offers, otpMarginPercent) };
    return last.fromUsd;
  };
}

function fromUsd(offers: readonly OtpOffer[], marginPercent: number): number | null {
  let least: bigint | undefined;
  for (const { costMicroUsd, stock } of offers)
    if (stock > 0 && (least === undefined || costMicroUsd < least)) least = costMicroUsd;
  return least === undefined ? null : dollarsOf(retailMicroUsd(least, marginPercent));
}

const endpointsOf = (publicUrl: string) => ({
  topup: `POST ${publicUrl}/api/v1/x402/topup`,
  balance: `GET ${publicUrl}/api/v1/balance`,
  transactions: `GET ${publicUrl}/api/v1/transactions`,
  keys: `GET ${publicUrl}/api/v1/keys`,
  services: `GET ${publicUrl}/api/v1/catalog/services`,
  countries: `GET ${publicUrl}/api/v1/catalog/countries`,
  purchase: `POST ${publicUrl}/api/v1/customer/purchase`,
  order: `GET ${publicUrl}/api/v1/customer/order/{id}`,
  cancel: `POST ${publicUrl}/api/v1/customer/cancel/{id}`,
  mcp: `POST ${publicUrl}/mcp`,
  sign_in: `GET ${publicUrl}/api/v1/auth/siwe?address={address}`,
});

/** Stock clients refuse before they sign. */
const CLIENT_LIMITS = {
  "x402-fetch": "stops at $0.10 unless told: wrapFetchWithPayment(fetch, account, 10_000_000n) allows $10",
  "@x402/fetch": 'stops at $1 unless told: client.setSpendControls({ maxAmountPerPayment: "$10" })',
  "x402-mcp": "stops at $0.10 unless told: withPayment(client, { account, network, maxPaymentValue: 10_000_000n })",
  "agents/x402":
    "stops at $0.10 unless told: withX402Client(client, { account, maxPaymentValue: 1_000_000n }), and at $1 whatever it is told: what costs more it buys with an API key",
};
