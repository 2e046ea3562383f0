import { fileURLToPath } from "node:url";
import type { OtpBought, OtpProvider } from "../../../api/providers/otp.ts";
import { openOtp } from "../../../api/providers/otp.ts";
import { type OtpSupplier, type SupplierOptions, startOtpSupplier } from "../../../dev/otp-supplier/server.ts";
import { TestClock } from "../support/test-clock.ts";

export const CATALOG = fileURLToPath(new URL("../../../dev/otp-catalog.json", import.meta.url));
export const KEY = "SECRET-supplier-key";
/** As long as a test waits for a supplier that says nothing. */
export const HASTE = { buy: 1_000, ask: 1_000 } as const;
/** Longer than any pause of this machine. */
const PATIENCE = { buy: 60_000, ask: 60_000 } as const;

export type Counter = {
  readonly supplier: OtpSupplier;
  readonly otp: OtpProvider;
  readonly clock: TestClock;
  readonly logs: string[];
  close(): Promise<void>;
};

/** The adapter, and the sandbox supplier behind real HTTP; time moves only by `clock`. */
export async function openCounter(options: SupplierOptions = {}): Promise<Counter> {
  const clock = new TestClock();
  const supplier = await startOtpSupplier({ clock, key: KEY, ...options });
  const { otp, logs } = await openAt(supplier.url, clock);
  const close = async () => {
    await otp.close();
    await supplier.close();
  };
  return { supplier, otp, clock, logs, close };
}

/** The adapter alone, towards whatever answers at `supplierUrl`. */
export async function openAt(
  supplierUrl: string,
  clock = new TestClock(),
  timeoutMs = PATIENCE as typeof HASTE | typeof PATIENCE,
) {
  const logs: string[] = [];
  const log = { warn: (fields: object, message: string) => void logs.push(JSON.stringify({ ...fields, message })) };
  const env = {
    suppliers: [{ number: 1, url: supplierUrl, key: KEY }],
    catalogFile: CATALOG,
    marginPercent: 30,
  } as const;
  return { otp: await openOtp(env, { clock, log, timeoutMs }), logs };
}

export const DISCORD = { service: "discord", country: "id", maxCostMicroUsd: 35_000n } as const;

/** The id of a number that was bought. */
export async function bought({ otp }: Pick<Counter, "otp">, purchase = DISCORD): Promise<string> {
  return idOf(await otp.buy(purchase));
}

export function idOf(sold: OtpBought): string {
  if (sold.kind !== "bought") throw new Error(`not bought: ${JSON.stringify(sold)}`);
  return sold.activationId;
}
