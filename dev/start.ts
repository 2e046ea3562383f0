import { mkdirSync } from "node:fs";
import path from "node:path";
import { removeDevJson, writeDevJson } from "./dev-json.ts";
import { devJsonOf } from "./dev-json-of.ts";
import { lockHome } from "./home-lock.ts";
import { checkPorts } from "./port-check.ts";
import { createProgress } from "./progress.ts";
import { openRoster } from "./roster.ts";
import { readSecrets } from "./secrets.ts";
import { type Part, readSettings, type Settings } from "./settings.ts";
import { stopAll } from "./stop-all.ts";
import { startSystem } from "./system.ts";
import { HELP, welcome } from "./welcome.ts";

/** How long the children of a killed start may take to notice it and end. */
const LEASH_MS = 10_000;

const ROOT = path.resolve(import.meta.dirname, "..");

if (process.argv.includes("--help") || process.argv.includes("-h")) console.log(HELP);
else process.exit(await main());

async function main(): Promise<number> {
  const stopping = stopSignal();
  try {
    const settings = readSettings(ROOT);
    mkdirSync(path.join(settings.home, "logs"), { recursive: true });
    const unlock = lockHome(settings.home);
    try {
      return await serve(settings, stopping);
    } finally {
      unlock();
    }
  } catch (error) {
    console.error(`\nturnpike: ${error instanceof Error ? error.message : error}`);
    return 1;
  }
}

/** Brings everything up, waits for the signal to stop, and takes everything down; also when bringing up fails. */
async function serve(settings: Settings, signal: AbortSignal): Promise<number> {
  const progress = createProgress();
  const roster = openRoster(path.join(settings.home, "processes.json"));
  const stops: (() => Promise<void>)[] = [];
  let haveStopped = true;
  removeDevJson(settings.home);
  try {
    console.log(`Turnpike starts, keeping its state in ${settings.home}`);
    const left = await roster.endLeftovers();
    if (left.length > 0) progress.log(`ended what an earlier, killed start had left running: ${left.join(", ")}`);
    await checkPorts(settings, partsToStart(settings), left.length > 0 ? LEASH_MS : 0);
    const secrets = await readSecrets(settings.home);
    const system = await startSystem({
      settings,
      secrets,
      progress,
      stops,
      watch: { roster, log: progress.log, signal },
    });
    await writeDevJson(settings.home, devJsonOf(settings, system));
    console.log(welcome(settings, system));
    await aborted(signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    removeDevJson(settings.home);
    if (stops.length > 0) console.log("\nTurnpike stops …");
    haveStopped = await stopAll(stops, (message) => console.error(`turnpike: ${message}`));
  }
  if (!haveStopped) return 1;
  console.log("Turnpike has stopped; everything is kept.");
  return 0;
}

function partsToStart({ databaseUrl, isDemo, hasLocalBase, hasSandboxSupplier }: Settings): Part[] {
  return [
    "api",
    "indexer",
    ...(databaseUrl ? [] : (["postgres"] as const)),
    ...(isDemo ? (["avalanche", "upstream"] as const) : []),
    ...(hasSandboxSupplier ? (["supplier"] as const) : []),
    ...(hasLocalBase ? (["base"] as const) : []),
  ];
}

function stopSignal(): AbortSignal {
  const stopping = new AbortController();
  // A terminal that was closed takes no more text; that must not keep us from stopping in order.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => stopping.abort());
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => stopping.abort());
  return stopping.signal;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
