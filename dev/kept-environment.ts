import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { writeAtomically } from "./atomic-file.ts";

const fileOf = (home: string): string => path.join(home, "api-environment.json");

/** What the API of a start is given besides the start's own environment, for programs that look at the same things. */
export function keepEnvironment(home: string, env: NodeJS.ProcessEnv): Promise<void> {
  const given = Object.entries(env).filter(([name, value]) => process.env[name] !== value);
  return writeAtomically(fileOf(home), JSON.stringify(Object.fromEntries(given)));
}

/** The environment of the API: ours, and where that names no database, what the start on this home has put in its place. */
export function environmentHere(home: string, env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  if (env.DATABASE_URL || !existsSync(fileOf(home))) return env;
  return { ...env, ...(JSON.parse(readFileSync(fileOf(home), "utf8")) as NodeJS.ProcessEnv) };
}
