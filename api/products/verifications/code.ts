import { createHmac } from "node:crypto";
import { VERIFICATION } from "../../limits.ts";

/** The code that an order sends: made again whenever it is needed, and stored nowhere. */
export function codeOf(secretsKey: Buffer, orderId: string): string {
  const bytes = createHmac("sha256", secretsKey).update(`verification code|${orderId}`).digest();
  // Of 2^48 numbers a million is so small a part that every code is as likely as any other.
  const number = bytes.readUIntBE(0, 6) % 10 ** VERIFICATION.digits;
  return String(number).padStart(VERIFICATION.digits, "0");
}

/** What is stored of a code. A plain hash of one in a million would be no secret. */
export const hashOfCode = (secretsKey: Buffer, verificationId: string, code: string): Buffer =>
  createHmac("sha256", secretsKey).update(`verification|${verificationId}|${code}`).digest();
