import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import path from "node:path";
import type { TestProject } from "vitest/node";
import { startPostgres } from "../../dev/postgres.ts";

declare module "vitest" {
  export interface ProvidedContext {
    pgUrl: string;
  }
}

/** One throw-away Postgres for a whole vitest project; `fsync=off` because nobody crashes this one. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const home = mkdtempSync(path.join("/var/tmp", "turnpike-test-"));
  chmodSync(home, 0o755);
  const postgres = await startPostgres({ dataDir: path.join(home, "data"), settings: ["fsync=off"] });
  project.provide("pgUrl", postgres.url);
  return async () => {
    await postgres.stop();
    rmSync(home, { recursive: true, force: true });
  };
}
