import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { writeAtomically } from "./atomic-file.ts";

const NAMES = ["SESSION_KEYS", "SECRETS_KEY", "OPERATOR_TOKEN"] as const;

export type Secrets = Record<(typeof NAMES)[number], string>;

/** The API's keys: from the environment, else made once and kept in `home`, so that sessions outlive a restart. */
export async function readSecrets(home: string, env: NodeJS.ProcessEnv = process.env): Promise<Secrets> {
  const file = path.join(home, "secrets.json");
  const kept: Partial<Secrets> = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
  const missing = NAMES.filter((name) => !kept[name]);
  for (const name of missing) kept[name] = fresh();
  if (missing.length > 0) await writeAtomically(file, JSON.stringify(kept));
  return Object.fromEntries(NAMES.map((name) => [name, env[name] || kept[name]])) as Secrets;
}

const fresh = (): string => randomBytes(32).toString("hex");
