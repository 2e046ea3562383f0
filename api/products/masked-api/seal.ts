import { seal, unseal } from "../../identity/seal.ts";

/** What a merchant entrusts to us: where the API really is, and the headers that open it. */
export type UpstreamSecret = { url: string; headers: Record<string, string> };

export const sealUpstream = (key: Buffer, apiId: string, secret: UpstreamSecret): Buffer =>
  seal(key, apiId, JSON.stringify(secret));

/** @throws Error when the key is another, or the row was changed or moved */
export const unsealUpstream = (key: Buffer, apiId: string, sealed: Buffer): UpstreamSecret =>
  JSON.parse(unseal(key, apiId, sealed)) as UpstreamSecret;
