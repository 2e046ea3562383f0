import { createPublicKey, verify } from "node:crypto";
import type { CarrierNews } from "../../phone.ts";

/** What stands before an Ed25519 key in a SubjectPublicKeyInfo (RFC 8410). */
const SPKI_HEAD = Buffer.from("302a300506032b6570032100", "hex");
/** Older news may be somebody else's recording of it; news from the future would keep for ever. */
const WINDOW_SEC = 300;

/** Whether Telnyx said it, and not long ago. `publicKey` as its portal shows it: base64 of 32 bytes. */
export function isSigned(
  { headers, body }: Pick<CarrierNews, "headers" | "body">,
  { publicKey, nowMs }: { publicKey: string; nowMs: number },
): boolean {
  const { "telnyx-signature-ed25519": signature = "", "telnyx-timestamp": timestamp = "" } = headers;
  if (!/^\d{1,12}$/.test(timestamp) || !/^[A-Za-z0-9+/]{86}==$/.test(signature)) return false;
  if (Math.abs(Math.floor(nowMs / 1000) - Number(timestamp)) > WINDOW_SEC) return false;
  const spki = Buffer.concat([SPKI_HEAD, Buffer.from(publicKey, "base64")]);
  const key = createPublicKey({ key: spki, format: "der", type: "spki" });
  return verify(null, Buffer.concat([Buffer.from(`${timestamp}|`), body]), key, Buffer.from(signature, "base64"));
}
