import { type ChildProcess, spawn } from "node:child_process";
import path from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { ended } from "../process.ts";

export type Ponder = {
  readonly pid: number;
  /** Tells how it ended, whoever ended it. */
  readonly exited: Promise<string>;
  /** True once the index is built and the views show it, false when it ended before. */
  ready(): Promise<boolean>;
  stop(): Promise<void>;
};

export type PonderOptions = {
  /** The repository. */
  root: string;
  schema: string;
  port: number;
  /** Added to ours; what Ponder would prefer to its flags is taken out. */
  env: Record<string, string>;
  onLog: (line: string) => void;
};

export const VIEWS_SCHEMA = "onchain";
/** What `exited` tells when Ponder gave its lock back. */
export const CLEANLY = "with code 0";
const LEASH = fileURLToPath(new URL("../leash.ts", import.meta.url));
const STOP_PATIENCE_MS = 8_000;
/** A Ponder that fails while its bundler starts can hang in its own exit, without ending and without a word. */
const BOOT_PATIENCE_MS = 120_000;

/** Starts one Ponder process, which writes `schema` and, once built, points the views at it. */
export function spawnPonder(options: PonderOptions): Ponder {
  const child = spawn(process.execPath, argumentsOf(options), {
    cwd: options.root,
    env: environmentOf(options.env),
    // The channel is the leash. A group of its own: Ctrl-C must reach only the supervisor, which stops in order.
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    detached: true,
  });
  const ponder: Ponder = {
    pid: child.pid as number,
    exited: ended(child).then(() => (child.signalCode ? `by ${child.signalCode}` : `with code ${child.exitCode}`)),
    ready: async () => (await listening) && (await ready(child, options.port)),
    stop: () => stop(child),
  };
  const listening = ownPort(child, options);
  return ponder;
}

/** Ponder's file with node directly: npx would put two processes in between that keep signals to themselves. */
function argumentsOf({ root, schema, port }: PonderOptions): string[] {
  const binary = path.join(root, "node_modules/ponder/dist/esm/bin/ponder.js");
  const where = ["--root", "indexer", "--schema", schema, "--views-schema", VIEWS_SCHEMA];
  const server = ["--hostname", "127.0.0.1", "--port", String(port)];
  // Ponder's own use of node-postgres is not ours to hear about.
  const quiet = "--disable-warning=DeprecationWarning";
  return [
    quiet,
    "--import",
    LEASH,
    binary,
    "start",
    ...where,
    ...server,
    "--log-level",
    "info",
    "--log-format",
    "json",
  ];
}

function environmentOf(env: Record<string, string>): NodeJS.ProcessEnv {
  const { PORT, DATABASE_SCHEMA, DATABASE_VIEWS_SCHEMA, PONDER_LOG_LEVEL, ...ours } = process.env;
  return { ...ours, ...env };
}

/**
 * Passes on what is worth a line. True once Ponder listens, which it does before it fetches anything; one that found its
 * port taken has silently moved to the next one, and is stopped, as is one that does not come so far.
 */
function ownPort(child: ChildProcess, { port, onLog }: PonderOptions): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const patience = setTimeout(() => {
    onLog(`does not listen after ${BOOT_PATIENCE_MS / 1000} s`);
    void stop(child);
  }, BOOT_PATIENCE_MS);
  const read = (line: string) => {
    const entry = parse(line);
    if (entry.level >= 40) onLog(lineOf(entry));
    if (entry.msg !== "Created HTTP server") return;
    clearTimeout(patience);
    if (entry.port === port) return resolve(true);
    onLog(`port ${port} is taken`);
    void stop(child);
  };
  if (child.stdout) createInterface({ input: child.stdout }).on("line", read);
  if (child.stderr) createInterface({ input: child.stderr }).on("line", onLog);
  void ended(child).then(() => {
    clearTimeout(patience);
    resolve(false);
  });
  return promise;
}

type Entry = { level: number; msg: string; [field: string]: unknown };

function parse(line: string): Entry {
  try {
    return JSON.parse(line);
  } catch {
    return { level: 40, msg: line };
  }
}

function lineOf({ level, msg, error, ...fields }: Entry): string {
  const message = (error as { message?: string } | undefined)?.message?.split("\n")[0];
  const facts = ["chain", "stage", "method", "query", "retry_delay"].flatMap((name) =>
    fields[name] === undefined ? [] : [`${name}=${fields[name]}`],
  );
  return [level >= 50 ? "ERROR" : "WARN", msg, ...facts, ...(message ? [`(${message})`] : [])].join(" ");
}

async function ready(child: ChildProcess, port: number): Promise<boolean> {
  while (child.exitCode === null && child.signalCode === null) {
    const answer = await fetch(`http://127.0.0.1:${port}/ready`, { signal: AbortSignal.timeout(2_000) }).catch(
      () => undefined,
    );
    if (answer?.status === 200) return true;
    await pause(50);
  }
  return false;
}

/** SIGINT, because a library in Ponder takes SIGTERM for itself and leaves the schema locked. */
async function stop(child: ChildProcess): Promise<void> {
  const patience = setTimeout(() => child.kill("SIGKILL"), STOP_PATIENCE_MS);
  child.kill("SIGINT");
  await ended(child);
  clearTimeout(patience);
}
