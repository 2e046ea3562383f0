import type { NumberFacts, Refused, Unknown } from "../../phone.ts";

type Facts = Pick<NumberFacts, "lineType" | "carrier">;

/** By how a number begins; of others the sandbox knows nothing. */
const RANGES: readonly (readonly [prefix: string, facts: Facts])[] = [
  ["+1800", { lineType: "toll_free", carrier: "Sandbox Telecom" }],
  ["+1", { lineType: "voip", carrier: "Sandbox Voice" }],
  ["+35320", { lineType: "landline", carrier: "Sandbox Telecom" }],
  ...["+447", "+336", "+614", "+491", "+467"].map(
    (prefix) => [prefix, { lineType: "mobile", carrier: "Sandbox Mobile" }] as const,
  ),
];

const COST_MICRO_USD = 8_000n;

/** Numbers that always go wrong, for whoever tries the sandbox out by hand. */
const REFUSED = "+15005550001";
const SILENT = "+15005550009";

export async function lookUp(phoneNumber: string): Promise<NumberFacts | Refused | Unknown> {
  if (phoneNumber === REFUSED) return { kind: "refused", reason: "recipient_refused" };
  if (phoneNumber === SILENT) return { kind: "unknown" };
  const [, facts] = RANGES.find(([prefix]) => phoneNumber.startsWith(prefix)) ?? [];
  return { kind: "facts", lineType: facts?.lineType, carrier: facts?.carrier, costMicroUsd: COST_MICRO_USD };
}
