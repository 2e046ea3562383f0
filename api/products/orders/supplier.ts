import type { OtpProvider } from "../../providers/otp.ts";

/** Who sells us numbers. */
export type Supplier = Pick<OtpProvider, "buy" | "status" | "cancel" | "finish">;

const UNKNOWN = async () => ({ kind: "unknown" }) as const;

/** Where the operator has taken his supplier away: what was bought before still ends, and is paid back. */
export const NO_SUPPLIER: Supplier = { buy: UNKNOWN, status: UNKNOWN, cancel: UNKNOWN, finish: async () => {} };
