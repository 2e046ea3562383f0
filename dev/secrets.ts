import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { writeAtomically } from "./atomic-file.ts";

export type Secrets = { SESSION_KEYS: string; SECRETS_KEY: string };

/** The API's keys: from the environment, else made once and kept in `home`, so that sessions outlive a restart. */
export async function readSecrets(home: string, env: NodeJS.ProcessEnv = process.env): Promise<Secrets> {
  const file = path.join(home, "secrets.json");
  if (!existsSync(file)) await writeAtomically(file, JSON.stringify({ SESSION_KEYS: fresh(), SECRETS_KEY: fresh() }));
  const kept = JSON.parse(readFileSync(file, "utf8")) as Secrets;
  return {
    SESSION_KEYS: env.SESSION_KEYS || kept.SESSION_KEYS,
    SECRETS_KEY: env.SECRETS_KEY || kept.SECRETS_KEY,
  };
}

const fresh = (): string => randomBytes(32).toString("hex");
