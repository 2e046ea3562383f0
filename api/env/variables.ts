import { isAddress, parseGwei } from "viem";
import { z } from "zod";
import type { ConfirmationStep } from "../../contracts/chains.ts";
import { otpVariables } from "./otp.ts";
import { smppVariables } from "./smpp.ts";
import { telnyxVariables } from "./telnyx.ts";
import { twilioVariables } from "./twilio.ts";

const bytes32 = /^(0x)?[0-9a-fA-F]{64}$/;
/** 32 bytes of hex, with or without 0x. */
export const key = (value: string) => Buffer.from(value.replace(/^0x/, ""), "hex");
/** Comma separated. */
export const list = (value: string) =>
  value
    .split(",")
    .map((part) => part.trim())
    .filter(Boolean);
const count = (max: number) => z.coerce.number().int().min(0).max(max);
export const httpUrl = z.url({ protocol: /^https?$/ });
const address = z.string().refine((value) => isAddress(value, { strict: false }), "is not an address");
const keys = z
  .string()
  .transform(list)
  .refine((all) => all.length > 0 && all.every((one) => bytes32.test(one)), "needs 32-byte hex keys");

/** Whole dollars and blocks, by rising dollars, such as `0:0,500:1`. */
const steps = z
  .string()
  .regex(/^\d{1,9}:\d{1,4}(, ?\d{1,9}:\d{1,4})*$/, "needs dollars:blocks, such as 0:0,500:1")
  .transform((value): ConfirmationStep[] =>
    list(value)
      .map((step) => step.split(":") as [string, string])
      .map(([usd, blocks]) => ({ fromMicroUsd: BigInt(usd) * 1_000_000n, blocks: Number(blocks) })),
  )
  .refine(
    (all) => all.every((step, i) => i === 0 || (all[i - 1]?.fromMicroUsd ?? 0n) < step.fromMicroUsd),
    "must rise",
  );

/** Every variable that the API reads, by name, and what it must look like. */
export const variables = z.object({
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  HOST: z.string().min(1).default("127.0.0.1"),
  PORT: count(65_535).default(8402),
  PUBLIC_URL: httpUrl.optional(),
  SESSION_KEYS: keys,
  SECRETS_KEY: z.string().regex(bytes32, "needs a 32-byte hex key"),
  UPSTREAM_ALLOW: z.string().default("").transform(list),
  LOG_LEVEL: z.enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"]).default("info"),
  RATE_LIMIT_PER_MIN: count(1_000_000).min(1).default(60),
  MASKED_RATE_LIMIT_PER_MIN: count(100_000_000).default(6_000),
  TRUSTED_PROXIES: count(10).default(0),
  GATEWAY_CHAIN_ID: z.coerce.number().int().default(43114),
  GATEWAY_ADDRESS: address.optional(),
  GATEWAY_START_BLOCK: z.coerce.bigint().min(0n).optional(),
  IGNITION_DEPLOYMENT: z.string().min(1).optional(),
  GATEWAY_WALLET_RPC_URL: httpUrl.optional(),
  RECEIVER_WALLET_RPC_URL: httpUrl.optional(),
  CHAIN_MAX_QUIET_SEC: count(2_000_000_000).min(1).optional(),
  RECEIVER_CHAIN_ID: z.coerce.number().int().default(8453),
  RECEIVER_ADDRESS: address.optional(),
  RECEIVER_START_BLOCK: z.coerce.bigint().min(0n).optional(),
  RECEIVER_DEPLOYMENT: z.string().min(1).optional(),
  RECEIVER_CONFIRMATIONS: steps.optional(),
  RECEIVER_FINAL_BLOCKS: count(100_000).min(1).optional(),
  FACILITATOR_URL: httpUrl
    .refine(
      (url) => !URL.parse(url)?.username && !URL.parse(url)?.password,
      "may hold no user: FACILITATOR_AUTHORIZATION is for that",
    )
    .optional(),
  FACILITATOR_AUTHORIZATION: z
    .string()
    .regex(/^[!-~](?:[ -~]{0,4094}[!-~])?$/, "is not a header's value")
    .optional(),
  SETTLER_KEY: z.string().regex(bytes32, "needs a 32-byte hex key").optional(),
  MAX_FEE_GWEI: z
    .string()
    .regex(/^\d{1,6}(\.\d{1,9})?$/, "needs gwei, such as 0.5")
    .transform((value) => parseGwei(value))
    .default(parseGwei("5")),
  PHONE_CARRIER: z.enum(["sandbox", "smpp", "telnyx", "twilio", "off"]).default("off"),
  ...smppVariables,
  ...telnyxVariables,
  ...twilioVariables,
  ...otpVariables,
  PHONE_RULES: z.string().min(1).optional(),
  OPERATOR_TOKEN: z
    .string()
    .regex(/^[!-~]{32,200}$/, "needs 32 to 200 characters without spaces")
    .optional(),
  PROVIDER_NAME: z
    .string()
    .regex(/^[\w .-]{1,40}$/, "needs up to 40 letters, digits, spaces, dots and dashes")
    .default("turnpike"),
  CONTACT_EMAIL: z.email().optional(),
});
