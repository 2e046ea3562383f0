import { z } from "zod";

/** Who sells us numbers for one-time codes. */
export type OtpEnv = {
  /** One at least. */
  suppliers: readonly OtpSupplierEnv[];
  /** Path of the JSON file that says what is sold: the operator's choice, never ours. */
  catalogFile: string;
  /** On top of what the suppliers take. */
  marginPercent: number;
};

export type OtpSupplierEnv = {
  /** Stays its own, whichever others come and go: what was bought there bears it. */
  number: SupplierNumber;
  /** Of its `handler_api.php`. */
  url: string;
  key: string;
};

export const SUPPLIER_NUMBERS = [1, 2, 3, 4, 5, 6, 7, 8, 9] as const;
export type SupplierNumber = (typeof SUPPLIER_NUMBERS)[number];

type Later = Exclude<SupplierNumber, 1>;
type Names = { [N in Later as `OTP_SUPPLIER_${N}_URL`]: typeof url } & {
  [N in Later as `OTP_SUPPLIER_${N}_KEY`]: typeof word;
};

const word = z.string().min(1).optional();
const url = z.url({ protocol: /^https?$/ }).optional();

export const otpVariables = {
  OTP_SUPPLIER_URL: url,
  OTP_SUPPLIER_KEY: word,
  ...(Object.fromEntries(
    SUPPLIER_NUMBERS.slice(1).flatMap((number) => [
      [`OTP_SUPPLIER_${number}_URL`, url],
      [`OTP_SUPPLIER_${number}_KEY`, word],
    ]),
  ) as Names),
  OTP_CATALOG: word,
  OTP_MARGIN_PERCENT: z.coerce.number().int().min(0).max(10_000).default(30),
};

type Given = z.infer<z.ZodObject<typeof otpVariables>>;

/** @throws Error that names what is missing */
export function otpOf(given: Given): OtpEnv | undefined {
  const suppliers = SUPPLIER_NUMBERS.flatMap((number) => supplierOf(given, number) ?? []);
  const [first] = suppliers;
  if (!first) return undefined;
  const { OTP_CATALOG: catalogFile, OTP_MARGIN_PERCENT: marginPercent } = given;
  if (catalogFile === undefined) throw new Error(`OTP_CATALOG: is missing, as ${first.name} is set`);
  return { suppliers: suppliers.map(({ name: _, ...supplier }) => supplier), catalogFile, marginPercent };
}

/** The first one's variables have no number, for they are older than the others. */
function supplierOf(given: Given, number: SupplierNumber): (OtpSupplierEnv & { name: string }) | undefined {
  const [name, keyName] = number === 1 ? (["OTP_SUPPLIER_URL", "OTP_SUPPLIER_KEY"] as const) : namesOf(number);
  const { [name]: supplierUrl, [keyName]: key } = given;
  if (supplierUrl === undefined) {
    if (number !== 1 && key !== undefined) throw new Error(`${name}: is missing, as ${keyName} is set`);
    return undefined;
  }
  if (key === undefined) throw new Error(`${keyName}: is missing, as ${name} is set`);
  return { number, url: supplierUrl, key, name };
}

const namesOf = (number: Later) => [`OTP_SUPPLIER_${number}_URL`, `OTP_SUPPLIER_${number}_KEY`] as const;
