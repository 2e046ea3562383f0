import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { SUPPLIER_NUMBERS, type SupplierNumber } from "../../../api/env/otp.ts";
import { type OtpProvider, openOtp } from "../../../api/providers/otp.ts";
import { type OtpSupplier, startOtpSupplier } from "../../../dev/otp-supplier/server.ts";
import { TestClock } from "../support/test-clock.ts";
import { DISCORD, KEY } from "./counter.ts";

export type Several = {
  readonly otp: OtpProvider;
  readonly clock: TestClock;
  readonly logs: string[];
  /** By number, from 1. */
  supplier(number: number): OtpSupplier;
  closeDown(number: number): Promise<void>;
};

const USUAL = {
  services: [{ id: "discord", name: "Discord", code: "ds" }],
  countries: [{ id: "id", name: "Indonesia", code: "6" }],
};

/** Suppliers of our own, and an account at each; `elsewhere` gives one another URL. */
export async function openSeveral(
  numbers: readonly SupplierNumber[],
  { catalog = USUAL as object, elsewhere = {} as Partial<Record<SupplierNumber, string>> } = {},
): Promise<Several> {
  const clock = new TestClock();
  const folder = await mkdtemp(path.join(tmpdir(), "otp-several-"));
  const catalogFile = path.join(folder, "catalog.json");
  await writeFile(catalogFile, JSON.stringify(catalog));
  const suppliers = new Map<number, OtpSupplier>();
  for (const number of numbers) suppliers.set(number, await startOtpSupplier({ clock, key: KEY }));
  const supplier = (number: number) => suppliers.get(number) as OtpSupplier;
  const logs: string[] = [];
  const log = { warn: (fields: object, message: string) => void logs.push(JSON.stringify({ ...fields, message })) };
  const env = {
    suppliers: numbers.map((number) => ({ number, url: elsewhere[number] ?? supplier(number).url, key: KEY })),
    catalogFile,
    marginPercent: 30,
  };
  const otp = await openOtp(env, { clock, log, timeoutMs: { buy: 1_000, ask: 60_000 } });
  closing(async () => {
    await otp.close();
    for (const one of suppliers.values()) await one.close();
    await rm(folder, { recursive: true });
  });
  const closeDown = async (number: number) => {
    await supplier(number).close();
    suppliers.delete(number);
  };
  return { otp, clock, logs, supplier, closeDown };
}

/** Suppliers 1, 2, …, each with what it takes for a Discord number in Indonesia and how many it has. */
export async function openStocked(
  goods: readonly (readonly [costUsd: string, stock: number])[],
  how: Parameters<typeof openSeveral>[1] = {},
): Promise<Several> {
  const several = await openSeveral(SUPPLIER_NUMBERS.slice(0, goods.length), how);
  for (const [i, [costUsd, stock]] of goods.entries()) several.supplier(i + 1).order(has(costUsd, stock));
  return several;
}

/** For $0.05, of which the buyer pays $0.07. */
export const WANTED = { ...DISCORD, maxCostMicroUsd: 50_000n, mostCostMicroUsd: 70_000n };

const closers: (() => Promise<void>)[] = [];
export const closing = (close: () => Promise<void>): void => void closers.push(close);

/** After each test. */
export async function closeAll(): Promise<void> {
  for (const close of closers.splice(0)) await close();
}

/** What a supplier takes for a Discord number in Indonesia, and how many it has. */
export const has = (costUsd: string, stock: number) => ({
  goods: { service: "ds", country: "6", costUsd, stock },
});
