import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";

/** What a merchant entrusts to us: where the API really is, and the headers that open it. */
export type UpstreamSecret = { url: string; headers: Record<string, string> };

const ALGORITHM = "aes-256-gcm";
/** First byte of what is stored, so that another key or cipher can follow without a guess. */
const FORMAT = 1;
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** `format (1 B) | iv (12 B) | tag (16 B) | ciphertext`. The api id is authenticated: a row cannot be moved to another API. */
export function seal(key: Buffer, apiId: string, secret: UpstreamSecret): Buffer {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, iv).setAAD(Buffer.from(apiId));
  const text = Buffer.concat([cipher.update(JSON.stringify(secret), "utf8"), cipher.final()]);
  return Buffer.concat([Buffer.of(FORMAT), iv, cipher.getAuthTag(), text]);
}

/** @throws Error when the key is another, or the row was changed or moved */
export function unseal(key: Buffer, apiId: string, sealed: Buffer): UpstreamSecret {
  if (sealed[0] !== FORMAT) throw new Error(`masked API ${apiId}: unknown format of its upstream`);
  const iv = sealed.subarray(1, 1 + IV_BYTES);
  const tag = sealed.subarray(1 + IV_BYTES, 1 + IV_BYTES + TAG_BYTES);
  const decipher = createDecipheriv(ALGORITHM, key, iv).setAAD(Buffer.from(apiId)).setAuthTag(tag);
  const text = decipher.update(sealed.subarray(1 + IV_BYTES + TAG_BYTES), undefined, "utf8") + decipher.final("utf8");
  return JSON.parse(text) as UpstreamSecret;
}
