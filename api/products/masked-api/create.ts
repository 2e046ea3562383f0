import { randomUUID } from "node:crypto";
import { type Address, zeroAddress } from "viem";
import { nowSec } from "../../clock.ts";
import { ApiError } from "../../errors.ts";
import type { Wallet } from "../../identity/siwe.ts";
import { MASKED_API, QUOTE_VALID_SEC } from "../../limits.ts";
import type { ChainReader } from "../../providers/chain.ts";
import type { GasSurcharges } from "../../providers/gas-surcharges.ts";
import { type PermitDomain, permitDomainOf } from "../../providers/token-permit.ts";
import type { Upstream } from "../../providers/upstream/target.ts";
import { type Creation, type Edit, METHODS } from "./input.ts";
import type { MaskedApi } from "./masked-api.ts";
import { mustBeMerchant } from "./merchant.ts";
import { appendVersion, insertMaskedApi, type StoreDeps, setListed, type Version } from "./store.ts";

export type CreateDeps = StoreDeps & { chain: ChainReader; upstream: Upstream; surcharges: GasSurcharges };

/**
 * Puts an API on sale and returns its id. Only its merchant, signed in, may have it shown to everybody.
 *
 * @throws ApiError invalid_field for an upstream that is not allowed, chain_unavailable when a token cannot be asked,
 * unauthorized, forbidden
 */
export async function createMaskedApi(deps: CreateDeps, input: Creation, signedIn?: Wallet): Promise<string> {
  const isListed = input.p_is_listed === true;
  if (isListed) mustBeMerchant(signedIn, { merchant: input.p_merchant_wallet, chainId: input.p_chain_id });
  const upstream = { url: input.p_api_url, headers: input.p_upstream_headers ?? {} };
  deps.upstream.checkHeaders(upstream.headers);
  await deps.upstream.check(upstream.url);
  const apiId = randomUUID();
  const version: Version = {
    name: input.p_name || undefined,
    description: input.p_description || undefined,
    merchant: input.p_merchant_wallet,
    token: input.p_token_address,
    amountWei: input.p_amount_wei,
    validForSec: input.p_valid_for_sec,
    chainId: input.p_chain_id,
    feeBps: input.p_fee_bps_snapshot ?? undefined,
    allowedMethods: input.p_allowed_methods ?? METHODS,
    permit: await permitOf(deps, input.p_token_address),
    upstream,
  };
  await insertMaskedApi(deps, apiId, { version, isListed });
  // Starts to look, so that already the first quote is tight.
  deps.surcharges.of({ merchant: input.p_merchant_wallet, token: input.p_token_address });
  return apiId;
}

/**
 * Changes an API; quotes that are out stay good for what they said.
 *
 * @throws ApiError as `createMaskedApi`, conflict, rate_limited
 */
export async function editMaskedApi(deps: CreateDeps, api: MaskedApi, edit: Edit): Promise<void> {
  const isListed = listingOf(api, edit);
  if (isListed !== undefined && Object.keys(edit).join() === "p_is_listed") return setListed(deps, api, isListed);
  refuseTooManyEdits(deps, api);
  await appendVersion(deps, api, { version: await edited(deps, api, edit), isListed });
}

async function edited(deps: CreateDeps, api: MaskedApi, edit: Edit): Promise<Version> {
  const version = { ...versionOf(api), ...changesOf(edit) };
  if (edit.p_name !== undefined) version.name = edit.p_name || undefined;
  if (edit.p_description !== undefined) version.description = edit.p_description || undefined;
  if (edit.p_fee_bps_snapshot === null) version.feeBps = undefined;
  if (edit.p_allowed_methods === null) version.allowedMethods = METHODS;
  version.upstream = {
    url: edit.p_api_url ?? api.upstream.url,
    headers: edit.p_upstream_headers === undefined ? api.upstream.headers : (edit.p_upstream_headers ?? {}),
  };
  if (edit.p_upstream_headers) deps.upstream.checkHeaders(edit.p_upstream_headers);
  if (edit.p_api_url !== undefined) await deps.upstream.check(edit.p_api_url);
  if (edit.p_token_address !== undefined) version.permit = await permitOf(deps, edit.p_token_address);
  return version;
}

/** Whether everybody sees it is for whom it belongs to: a new merchant decides anew. @throws ApiError forbidden */
function listingOf({ terms }: MaskedApi, { p_merchant_wallet: merchant, p_is_listed: isListed }: Edit) {
  if (merchant === undefined || merchant === terms[0].merchant) return isListed === null ? false : isListed;
  if (isListed) throw new ApiError("forbidden", { message: "Only its new merchant may list it." });
  return false;
}

function refuseTooManyEdits({ clock }: CreateDeps, { terms }: MaskedApi): void {
  const oldest = terms[MASKED_API.editsPerQuote - 1];
  if (!oldest) return;
  const retryAfterSec = oldest.createdAtSec + QUOTE_VALID_SEC - nowSec(clock);
  if (retryAfterSec > 0) throw new ApiError("rate_limited", { retryAfterSec });
}

function versionOf(api: MaskedApi): Version {
  const [terms] = api.terms;
  return {
    name: terms.name,
    description: terms.description,
    merchant: terms.merchant,
    token: terms.token,
    amountWei: terms.amountWei,
    validForSec: terms.validForSec,
    chainId: api.chainId,
    feeBps: api.feeBpsSnapshot,
    allowedMethods: [...api.allowedMethods],
    permit: terms.permit,
    upstream: api.upstream,
  };
}

function changesOf(edit: Edit): Partial<Version> {
  return {
    ...(edit.p_merchant_wallet !== undefined && { merchant: edit.p_merchant_wallet }),
    ...(edit.p_token_address !== undefined && { token: edit.p_token_address }),
    ...(edit.p_amount_wei !== undefined && { amountWei: edit.p_amount_wei }),
    ...(edit.p_valid_for_sec !== undefined && { validForSec: edit.p_valid_for_sec }),
    ...(edit.p_fee_bps_snapshot != null && { feeBps: edit.p_fee_bps_snapshot }),
    ...(edit.p_allowed_methods != null && { allowedMethods: edit.p_allowed_methods }),
  };
}

async function permitOf({ chain }: CreateDeps, token: Address): Promise<PermitDomain | undefined> {
  return token === zeroAddress ? undefined : permitDomainOf(chain, token);
}
