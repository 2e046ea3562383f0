import { readFile } from "node:fs/promises";
import { z } from "zod";
import { E164 } from "../fields.ts";

export type OfferedLine = { phoneNumber: string; country: string; monthlyMicroUsd: bigint };

const line = z.strictObject({
  phoneNumber: z.string().regex(E164, "needs a number in E.164 form"),
  country: z.string().regex(/^[A-Z]{2}$/, "needs two capital letters, as in ISO 3166-1"),
  monthlyUsd: z.number().min(0).max(100_000).default(0),
});
const file = z
  .array(line)
  .max(100_000)
  .superRefine((lines, context) => {
    const known = new Set<string>();
    for (const [i, { phoneNumber }] of lines.entries()) {
      if (known.has(phoneNumber))
        context.addIssue({ code: "custom", path: [i, "phoneNumber"], message: "stands twice" });
      known.add(phoneNumber);
    }
  });

/**
 * Reads the operator's file: `[{"phoneNumber": "+12015550100", "country": "US", "monthlyUsd": 1.5}, …]`. `monthlyUsd` is
 * what the number costs the operator, and may be left out.
 * @throws Error that names the file and every field that is wrong
 */
export async function readNumbers(path: string): Promise<OfferedLine[]> {
  const wrong = (what: string) => new Error(`SMPP_NUMBERS: ${path}: ${what}`);
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw wrong(`cannot be read (${error.code})`);
  });
  const parsed = file.safeParse(json(text, wrong));
  if (!parsed.success)
    throw wrong(parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; "));
  return parsed.data.map(({ phoneNumber, country, monthlyUsd }) => ({
    phoneNumber,
    country,
    monthlyMicroUsd: BigInt(Math.round(monthlyUsd * 1e6)),
  }));
}

function json(text: string, wrong: (what: string) => Error): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw wrong(`is not JSON: ${(error as Error).message}`);
  }
}
