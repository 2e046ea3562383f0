import { z } from "zod";

/** What leads to an account at Telnyx. */
export type TelnyxEnv = {
  carrier: "telnyx";
  apiKey: string;
  /** Base64 of 32 bytes: whose Ed25519 signature their news bears. */
  publicKey: string;
  /** The messaging profile of bought lines: where their news goes stands there. */
  profileId: string;
  /** Where texts leave from that have no line: a number, or a profile's number pool. */
  pool: { from: string } | { profileId: string };
  /** With the version in its path. */
  url: string;
};

export const telnyxVariables = {
  TELNYX_API_KEY: z
    .string()
    .regex(/^[!-~]+$/, "is not a header's value")
    .optional(),
  TELNYX_PUBLIC_KEY: z
    .string()
    .regex(/^[A-Za-z0-9+/]{43}=$/, "needs 32 bytes in base64")
    .optional(),
  TELNYX_MESSAGING_PROFILE_ID: z.uuid("needs a UUID").optional(),
  TELNYX_FROM: z
    .string()
    .regex(/^\+[1-9]\d{6,14}$/, "needs a number in E.164 form")
    .optional(),
  TELNYX_POOL_PROFILE_ID: z.uuid("needs a UUID").optional(),
  TELNYX_URL: z.url({ protocol: /^https?$/ }).default("https://api.telnyx.com/v2"),
};

type Given = z.infer<z.ZodObject<typeof telnyxVariables>>;

const NEEDED = ["TELNYX_API_KEY", "TELNYX_PUBLIC_KEY", "TELNYX_MESSAGING_PROFILE_ID"] as const;

/** @throws Error that names every variable that is missing */
export function telnyxOf(given: Given): TelnyxEnv {
  const { TELNYX_API_KEY: apiKey, TELNYX_PUBLIC_KEY: publicKey, TELNYX_MESSAGING_PROFILE_ID: profileId } = given;
  const pool = poolOf(given);
  const missing = NEEDED.filter((name) => given[name] === undefined).map(
    (name) => `${name}: is missing, as PHONE_CARRIER is telnyx`,
  );
  if (pool === undefined) missing.push("TELNYX_FROM: is missing; or set TELNYX_POOL_PROFILE_ID, not both");
  // A number pool sends from every number of its profile: from lines that are leased, too.
  if (profileId !== undefined && given.TELNYX_POOL_PROFILE_ID === profileId)
    missing.push("TELNYX_POOL_PROFILE_ID: must be another profile than TELNYX_MESSAGING_PROFILE_ID");
  if (missing.length > 0 || !apiKey || !publicKey || !profileId || !pool) throw new Error(missing.join("\n"));
  return { carrier: "telnyx", apiKey, publicKey, profileId, pool, url: given.TELNYX_URL };
}

function poolOf({ TELNYX_FROM: from, TELNYX_POOL_PROFILE_ID: profileId }: Given): TelnyxEnv["pool"] | undefined {
  if (from !== undefined && profileId !== undefined) return undefined;
  return from !== undefined ? { from } : profileId !== undefined ? { profileId } : undefined;
}
