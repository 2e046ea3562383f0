import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";

const FASTIFY = "5.12.8";
const REPLY_FROM = "12.6.5";

/** Folder with Fastify and reply-from, installed once outside of the repository: they are rivals, not dependencies. */
export function rivalPackages(): string {
  const cache = path.join(process.env.XDG_CACHE_HOME ?? path.join(homedir(), ".cache"), "turnpike");
  const folder = path.join(cache, `bench-fastify-${FASTIFY}-reply-from-${REPLY_FROM}`);
  if (existsSync(path.join(folder, "node_modules", "@fastify", "reply-from"))) return folder;
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, "package.json"), '{ "private": true }\n');
  const wanted = [`fastify@${FASTIFY}`, `@fastify/reply-from@${REPLY_FROM}`];
  execFileSync("npm", ["install", "--no-audit", "--no-fund", "--prefix", folder, ...wanted], { stdio: "inherit" });
  return folder;
}
