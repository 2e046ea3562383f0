import { readFileSync } from "node:fs";
import { z } from "zod";

/** What leads to an SMSC. */
export type SmppEnv = {
  carrier: "smpp";
  host: string;
  port: number;
  isTls: boolean;
  /** Who vouches for its certificate, PEM; absent, whoever Node trusts. */
  ca: string | undefined;
  systemId: string;
  password: string;
  systemType: string;
  /** Where texts leave from that have no line: a number, a short code, or letters. */
  from: string;
  /** Path of the JSON file with the numbers that the operator rents out; absent, there are none. */
  numbersFile: string | undefined;
  /** How many texts may wait for their answer at once. */
  window: number;
  /** How its receipts write the ids that its answers gave. */
  receiptIds: "same" | "decimal" | "hex";
};

/** The protocol has 15, 8 and 12 of them (SMPP 3.4, 4.1.5), and carriers give out longer ones. */
const latin = z.string().regex(/^[ -~]{1,64}$/, "needs 1 to 64 letters, digits or signs");

export const smppVariables = {
  SMPP_URL: z.url({ protocol: /^s?smpp$/ }).optional(),
  SMPP_CA: z.string().min(1).optional(),
  SMPP_SYSTEM_ID: latin.optional(),
  SMPP_PASSWORD: latin.optional(),
  SMPP_SYSTEM_TYPE: latin.optional(),
  SMPP_FROM: z
    .string()
    .regex(
      /^(?:\+[1-9]\d{6,14}|\d{3,8}|(?=.*[A-Za-z])[A-Za-z\d .-]{1,11})$/,
      "needs a number in E.164 form, a short code, or up to 11 letters and digits",
    )
    .optional(),
  SMPP_NUMBERS: z.string().min(1).optional(),
  SMPP_WINDOW: z.coerce.number().int().min(1).max(1_000).default(10),
  SMPP_RECEIPT_IDS: z.enum(["same", "decimal", "hex"]).default("same"),
};

type Given = z.infer<z.ZodObject<typeof smppVariables>>;

const NEEDED = ["SMPP_URL", "SMPP_SYSTEM_ID", "SMPP_PASSWORD", "SMPP_FROM"] as const;

/** @throws Error that names every variable that is missing or wrong, never its value */
export function smppOf(given: Given): SmppEnv {
  const { SMPP_URL: url, SMPP_SYSTEM_ID: systemId, SMPP_PASSWORD: password, SMPP_FROM: from } = given;
  const missing = NEEDED.filter((name) => given[name] === undefined);
  if (url === undefined || systemId === undefined || password === undefined || from === undefined)
    throw new Error(missing.map((name) => `${name}: is missing, as PHONE_CARRIER is smpp`).join("\n"));
  return {
    carrier: "smpp",
    ...placeOf(url),
    ca: given.SMPP_CA === undefined ? undefined : caOf(given.SMPP_CA),
    systemId,
    password,
    systemType: given.SMPP_SYSTEM_TYPE ?? "",
    from,
    numbersFile: given.SMPP_NUMBERS,
    window: given.SMPP_WINDOW,
    receiptIds: given.SMPP_RECEIPT_IDS,
  };
}

const PORTS = { "smpp:": 2775, "ssmpp:": 3550 } as const;

function placeOf(url: string): Pick<SmppEnv, "host" | "port" | "isTls"> {
  const { protocol, hostname, port, username, password } = new URL(url);
  if (username || password)
    throw new Error("SMPP_URL: may hold no user: SMPP_SYSTEM_ID and SMPP_PASSWORD are for that");
  if (hostname === "") throw new Error("SMPP_URL: needs a host, such as smpp://smsc.example:2775");
  const host = hostname.replace(/^\[|\]$/g, "");
  return { host, port: Number(port) || PORTS[protocol as keyof typeof PORTS], isTls: protocol === "ssmpp:" };
}

function caOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new Error(`SMPP_CA: ${path}: cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}
