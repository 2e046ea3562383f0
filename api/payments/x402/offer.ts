import { encodePaymentRequiredHeader } from "@x402/core/http";
import type { PaymentRequired, PaymentRequirements } from "@x402/core/types";
import { type Address, getAddress } from "viem";
import type { ReceiverChain } from "../../../contracts/chains.ts";
import type { ApiError } from "../../errors.ts";
import type { Sale } from "../../sale.ts";
import { bazaarOf } from "./bazaar.ts";

/** What a payer is asked for. The same for every request, word for word: clients echo it and it is compared. */
export type Offer = {
  readonly priceMicroUsd: bigint;
  readonly requirements: PaymentRequirements;
  readonly resourceUrl: string;
  /** The same in version 1. */
  readonly v1: { readonly scheme: string; readonly network: string; readonly [field: string]: unknown };
  /** The same for who knows already how the thing is called. */
  readonly required: Omit<PaymentRequired, "error">;
  /** The header of a 402; `error` is what clients show. */
  header(error: string): string;
};

/** What clients show of why they are asked. */
export const reasonOf = ({ details, message }: ApiError): string => String(details?.reason ?? message);

/** How x402 version 1 calls the chains. */
const V1_NAMES: Readonly<Record<number, string>> = { 8453: "base", 84532: "base-sepolia" };

export const v1NameOf = (chainId: number): string => V1_NAMES[chainId] ?? `eip155:${chainId}`;

export type OfferDeps = { readonly publicUrl: string; readonly receiver: { chain: ReceiverChain; address: Address } };

/** The only one that is taken; version 1 of some makers names it. */
const TOKEN = "USDC";

/** From the 402 to the settlement. Clients make their authorization end so long after they signed it. */
const MAX_TIMEOUT_SEC = 300;

/**
 * Says nothing of `paymentFlow`: every client takes an offer without it, and some of other makers take only that. We
 * settle first and credit what cannot be fulfilled.
 */
export function offerOf(
  sale: Sale,
  { publicUrl, receiver: { chain, address } }: OfferDeps,
  priceMicroUsd = sale.priceMicroUsd,
): Offer {
  // A payment of nothing would be carried to the chain at our cost.
  if (priceMicroUsd <= 0n) throw new Error(`${sale.id} has no price`);
  const { name, version } = chain.usdc;
  const amount = priceMicroUsd.toString();
  const description = sale.describe?.(priceMicroUsd) ?? sale.description;
  const terms = {
    scheme: "exact",
    asset: getAddress(chain.usdc.address),
    payTo: getAddress(address),
    maxTimeoutSeconds: MAX_TIMEOUT_SEC,
    extra: { name, version },
  };
  const mimeType = "application/json";
  const requirements: PaymentRequirements = { ...terms, network: chain.caip2, amount };
  const resource = { url: publicUrl + sale.path, description, mimeType };
  const v1 = {
    ...terms,
    network: v1NameOf(chain.id),
    token: TOKEN,
    maxAmountRequired: amount,
    resource: resource.url,
    description,
    mimeType,
    outputSchema: {},
  };
  const required = { x402Version: 2, resource, accepts: [requirements], extensions: EXTENSIONS };
  const described = { ...required, extensions: { ...EXTENSIONS, bazaar: bazaarOf(sale) } };
  const headers = new Map<string, string>();
  return {
    priceMicroUsd,
    requirements,
    resourceUrl: resource.url,
    v1,
    required,
    header: (error) => {
      const known =
        headers.get(error) ?? encodePaymentRequiredHeader({ ...described, error } satisfies PaymentRequired);
      headers.set(error, known);
      return known;
    },
  };
}

/** Clients that name their purchase get its answer again with secrets, and are not charged twice for a fresh signature. */
const EXTENSIONS = {
  "payment-identifier": {
    info: { required: false },
    schema: {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      type: "object",
      properties: {
        required: { type: "boolean" },
        id: { type: "string", minLength: 16, maxLength: 128, pattern: "^[a-zA-Z0-9_-]+$" },
      },
      required: ["required"],
    },
  },
};
