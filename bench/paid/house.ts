import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { DevJson } from "../../dev/dev-json.ts";
import { ended, freePort } from "../../dev/process.ts";
import { PORT_VARIABLES } from "../../dev/settings.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");

export type House = { readonly dev: DevJson; stop(): Promise<void> };

/** What `npm start` starts, in a home and on ports of its own. Only the rate limit is off: one machine plays all payers. */
export async function startHouse(): Promise<House> {
  const home = mkdtempSync("/var/tmp/turnpike-bench-");
  chmodSync(home, 0o755);
  const ports = Object.fromEntries(
    await Promise.all(Object.values(PORT_VARIABLES).map(async (name) => [name, String(await freePort())])),
  );
  const env = { ...process.env, ...ports, TURNPIKE_HOME: home, RATE_LIMIT_PER_MIN: "1000000", LOG_LEVEL: "warn" };
  const child = spawn(process.execPath, ["dev/start.ts"], { cwd: ROOT, env, stdio: ["ignore", "ignore", "inherit"] });
  const file = path.join(home, "dev.json");
  while (child.exitCode === null && !existsSync(file)) await pause(50);
  if (child.exitCode !== null) throw new Error(`the start ended with ${child.exitCode}`);
  return {
    dev: JSON.parse(readFileSync(file, "utf8")) as DevJson,
    stop: async () => {
      child.kill("SIGINT");
      await ended(child);
      rmSync(home, { recursive: true, force: true });
    },
  };
}
