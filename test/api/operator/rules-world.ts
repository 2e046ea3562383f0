import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Tally } from "../../../api/metrics.ts";
import { openRules, type PhoneRules } from "../../../api/providers/phone/rules.ts";
import { createPhoneShop, type PhoneShop } from "../phone/phone-shop.ts";

export const OPERATOR_TOKEN = "operator-token-of-this-very-test-0001";

/** A file of the operator's. */
export function rulesFile(rules: unknown): string {
  const file = path.join(mkdtempSync(path.join(tmpdir(), "rules-")), "rules.json");
  writeFileSync(file, typeof rules === "string" ? rules : JSON.stringify(rules));
  return file;
}

export const rulesOf = (rules: unknown): Promise<PhoneRules> => openRules(rulesFile(rules), new Tally());

export type RuledShop = PhoneShop & {
  operator(method: "GET" | "PUT", path: string, body?: unknown): ReturnType<PhoneShop["ask"]>;
};

/** A shop whose operator has rules. */
export async function createRuledShop(rules: unknown): Promise<RuledShop> {
  const shop = await createPhoneShop({ PHONE_RULES: rulesFile(rules), OPERATOR_TOKEN });
  const headers = { Authorization: `Bearer ${OPERATOR_TOKEN}` };
  return {
    ...shop,
    operator: (method, at, body) => shop.ask(`/api/v1/operator/${at}`, { method, headers, body }),
  };
}
