import { decodePaymentSignatureHeader } from "@x402/core/http";
import { isPaymentPayloadV1, isPaymentPayloadV2 } from "@x402/core/schemas";
import { isAddress, isHex } from "viem";
import { z } from "zod";
import { ApiError } from "../../errors.ts";
import { PAYMENT } from "../../limits.ts";
import type { Payment } from "./payment.ts";

const address = z.string().refine((value) => isAddress(value, { strict: false }));
const decimal = z.string().regex(/^\d{1,78}$/);
const hex = (min: number, max: number) =>
  z.string().refine((value) => isHex(value) && value.length % 2 === 0 && value.length >= min && value.length <= max);

const signed = z.object({
  // 65 bytes at least: a plain wallet's; more is what a contract takes.
  signature: hex(132, 2 + 2 * PAYMENT.signatureBytes),
  authorization: z.object({
    from: address,
    to: address,
    value: decimal,
    validAfter: decimal,
    validBefore: decimal,
    nonce: hex(66, 66),
  }),
});

/** The payment of a request: `Payment-Signature`, or `Payment` for short, in version 2, `X-PAYMENT` in version 1. @throws ApiError invalid_payment */
export function readPayment(header: (name: string) => string | undefined): Payment | undefined {
  const second = header("payment-signature") ?? header("payment");
  if (second !== undefined) return readSecond(decoded(second));
  const first = header("x-payment");
  return first === undefined ? undefined : readFirst(decoded(first));
}

/** A payment that a message carries whole, as an object or encoded as in a header, in either version. @throws ApiError invalid_payment */
export function readCarried(given: unknown): Payment {
  const payload = typeof given === "string" ? decoded(given) : given;
  const { x402Version } = (payload ?? {}) as { x402Version?: unknown };
  return x402Version === 1 ? readFirst(payload) : readSecond(payload);
}

function readSecond(payload: unknown): Payment {
  if (!isPaymentPayloadV2(payload)) throw invalid("is not a PaymentPayload of x402 version 2");
  const paymentId = paymentIdOf(payload.extensions?.["payment-identifier"]);
  const { accepted, resource } = payload;
  return { dialect: 2, accepted, signed: signedOf(payload.payload), paymentId, resourceUrl: resource?.url };
}

function readFirst(payload: unknown): Payment {
  if (!isPaymentPayloadV1(payload)) throw invalid("is not a PaymentPayload of x402 version 1");
  const { scheme, network } = payload;
  const signed = signedOf(payload.payload);
  return { dialect: 1, accepted: { scheme, network }, signed, paymentId: undefined, resourceUrl: undefined };
}

function decoded(header: string): unknown {
  if (header.length > PAYMENT.headerChars) throw invalid(`is longer than ${PAYMENT.headerChars} characters`);
  try {
    return decodePaymentSignatureHeader(header);
  } catch {
    throw invalid("is not base64 of JSON");
  }
}

function signedOf(payload: Record<string, unknown>): Payment["signed"] {
  if (!Object.hasOwn(payload, "authorization")) return undefined;
  const parsed = signed.safeParse(payload);
  if (parsed.success) return parsed.data as Payment["signed"];
  throw invalid(`${["payload", ...(parsed.error.issues[0]?.path ?? [])].join(".")} is not valid`);
}

/** An id that breaks the extension's rules is refused: a client that counts on it must know. */
function paymentIdOf(extension: unknown): string | undefined {
  const id = (extension as { info?: { id?: unknown } } | undefined | null)?.info?.id;
  if (id === undefined || id === null) return undefined;
  if (typeof id === "string" && /^[\w-]{16,128}$/.test(id)) return id;
  throw invalid("the payment-identifier's id is not 16 to 128 letters, digits, - or _");
}

const invalid = (what: string) => new ApiError("invalid_payment", { message: `The payment is not valid: ${what}.` });
