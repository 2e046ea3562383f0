import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { variables } from "../api/env/variables.ts";
import { writeAtomically } from "./atomic-file.ts";

type Kept = {
  /** What the start put in the place of its own environment, or besides. */
  readonly given: NodeJS.ProcessEnv;
  /** What its own environment said to the API: names alone, for a carrier's token is not ours to write down. */
  readonly named: readonly string[];
};

const fileOf = (home: string): string => path.join(home, "api-environment.json");

/** Keeps what the API of a start is given, for programs that look at the same things. */
export function keepEnvironment(home: string, env: NodeJS.ProcessEnv): Promise<void> {
  const given = Object.fromEntries(Object.entries(env).filter(([name, value]) => process.env[name] !== value));
  const named = Object.keys(variables.shape).filter((name) => env[name] && !(name in given));
  return writeAtomically(fileOf(home), JSON.stringify({ given, named } satisfies Kept));
}

/** The environment of the API: ours, and where that names no database, what the start on this home has put in its place. */
export function environmentHere(home: string, env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  const kept = keptFor(home, env);
  return kept ? { ...env, ...kept.given } : env;
}

/** Variables that the start on this home was given by who started it, and that nobody has named here. */
export const missingHere = (home: string, env: NodeJS.ProcessEnv = process.env): string[] =>
  (keptFor(home, env)?.named ?? []).filter((name) => !env[name]);

const keptFor = (home: string, env: NodeJS.ProcessEnv): Kept | undefined =>
  env.DATABASE_URL || !existsSync(fileOf(home)) ? undefined : JSON.parse(readFileSync(fileOf(home), "utf8"));
