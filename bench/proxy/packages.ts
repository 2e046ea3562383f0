import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";

/** Folder with these packages, installed once outside of the repository: they are rivals, not dependencies. */
export function installed(label: string, wanted: readonly string[]): string {
  const cache = path.join(process.env.XDG_CACHE_HOME ?? path.join(homedir(), ".cache"), "turnpike");
  const version = createHash("sha256").update(wanted.join()).digest("hex").slice(0, 8);
  const folder = path.join(cache, `bench-${label}-${version}`);
  const done = path.join(folder, "installed");
  if (existsSync(done)) return folder;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, "package.json"), '{ "private": true }\n');
  execFileSync("npm", ["install", "--no-audit", "--no-fund", "--prefix", folder, ...wanted], { stdio: "inherit" });
  writeFileSync(done, "");
  return folder;
}

export const rivalPackages = (): string => installed("reply-from", ["fastify@5.12.8", "@fastify/reply-from@12.6.5"]);
