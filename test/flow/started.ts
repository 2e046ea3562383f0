import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync, globSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { privateKeyToAccount } from "viem/accounts";
import { expect, vi } from "vitest";
import { createAgent } from "../../dev/agent.ts";
import type { DevJson } from "../../dev/dev-json.ts";
import { identityOf } from "../../dev/identity.ts";
import { ended, freePort } from "../../dev/process.ts";
import { openRoster } from "../../dev/roster.ts";
import { localDeploymentId, PORT_VARIABLES, readSettings } from "../../dev/settings.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");
const UP_MS = 150_000;

/** One home and the processes that work in it; each `start` is `node dev/start.ts` as npm start runs it. */
export type Home = { readonly folder: string; readonly env: NodeJS.ProcessEnv };

export type Started = {
  readonly child: ChildProcess;
  readonly dev: DevJson;
  output(): string;
  /** Process ids by name, the start's own not among them. */
  pids(): Record<string, number>;
  /** The last words of each part: the start itself passes on only what concerns its operator. */
  lastWords(): string;
};

const LIVE =
  /_RPC_URL$|^(DATABASE_URL|IGNITION_DEPLOYMENT|FACILITATOR_\w+|SETTLER_KEY|MAX_FEE_GWEI|PHONE_\w+|TWILIO_\w+|TELNYX_\w+|SMPP_\w+|OTP_\w+|OPERATOR_TOKEN|RECEIVER_\w+)$/;

export async function newHome(folder: string): Promise<Home> {
  // All tests are one caller.
  const env: NodeJS.ProcessEnv = { ...process.env, TURNPIKE_HOME: folder, RATE_LIMIT_PER_MIN: "10000" };
  for (const name of Object.values(PORT_VARIABLES)) env[name] = String(await freePort());
  // What the machine or another test has set would make this a live start.
  for (const name of Object.keys(env).filter((name) => LIVE.test(name))) delete env[name];
  return { folder, env };
}

export async function start(home: Home): Promise<Started> {
  const { child, output } = spawnStart(home);
  const file = path.join(home.folder, "dev.json");
  await vi.waitFor(
    () => {
      // Not the file's mere presence: a start that was killed leaves its own behind.
      if (child.exitCode === null && !output().includes("Turnpike is up.")) throw new Error(`not up:\n${output()}`);
    },
    { timeout: UP_MS, interval: 100 },
  );
  if (child.exitCode !== null) throw new Error(`the start ended with ${child.exitCode}:\n${output()}`);
  return {
    child,
    output,
    dev: JSON.parse(readFileSync(file, "utf8")) as DevJson,
    pids: () => pidsOf(home),
    lastWords: () => lastWordsOf(home),
  };
}

export function spawnStart(home: Home): { child: ChildProcess; output: () => string } {
  const child = spawn(process.execPath, ["dev/start.ts"], {
    cwd: ROOT,
    env: home.env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  const read = (chunk: Buffer) => {
    text += chunk;
  };
  child.stdout.on("data", read);
  child.stderr.on("data", read);
  return { child, output: () => text };
}

function pidsOf({ folder }: Home): Record<string, number> {
  const file = path.join(folder, "processes.json");
  const entries = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as { name: string; pid: number }[]) : [];
  const pids = Object.fromEntries(entries.map(({ name, pid }) => [name, pid]));
  const indexer = path.join(folder, "indexer.pid");
  return existsSync(indexer) ? { ...pids, indexer: Number(readFileSync(indexer, "utf8")) } : pids;
}

const LAST_LINES = 20;

function lastWordsOf({ folder }: Home): string {
  const tails = globSync("logs/*.log", { cwd: folder }).map((file) => {
    const lines = readFileSync(path.join(folder, file), "utf8").trimEnd().split("\n");
    return [`-- ${file}`, ...lines.slice(-LAST_LINES)].join("\n");
  });
  return tails.join("\n");
}

/** Ends a start as Ctrl-C does and checks that nothing of it runs on. */
export async function stopCleanly({ child, pids, output }: Started, parts: readonly string[]): Promise<void> {
  expect(Object.keys(pids()).sort()).toEqual(parts.toSorted());
  const running = Object.values(pids());
  child.kill("SIGINT");
  await ended(child);
  expect(child.exitCode, output()).toBe(0);
  expect(running.filter((pid) => identityOf(pid))).toEqual([]);
}

/** Who starts anew when a process is killed: the API forgets what it saw of a chain that may have lost blocks. */
const TAKES_ALONG: Record<string, string> = { avalanche: "api", base: "api" };

/** Kills one process the hard way and waits until another does its work and everything answers. */
export async function killAndAwait(started: Started, name: string): Promise<void> {
  const before = started.pids();
  process.kill(before[name] as number, "SIGKILL");
  const renewed = [name, TAKES_ALONG[name] ?? name];
  await vi.waitFor(
    async () => {
      const now = started.pids();
      for (const part of renewed) {
        expect(now[part], started.output()).toBeDefined();
        expect(now[part]).not.toBe(before[part]);
      }
      const ready = await fetch(`${started.dev.api}/readyz`);
      const told = await ready.text();
      if (ready.status !== 200) throw new Error(`${told}\n${started.output()}\n${started.lastWords()}`);
    },
    // Longer than an indexer may stand still before it is started again, and one that hangs before it is ended.
    { timeout: 180_000, interval: 200 },
  );
}

/** Ends whatever still runs for a home and removes it and its deployment record. */
export async function demolish(home: Home): Promise<void> {
  await openRoster(path.join(home.folder, "processes.json")).endLeftovers();
  const settings = readSettings(ROOT, home.env);
  for (const chainId of [43114, 8453])
    rmSync(path.join(ROOT, "ignition/deployments", localDeploymentId(settings, chainId)), {
      recursive: true,
      force: true,
    });
  rmSync(home.folder, { recursive: true, force: true });
}

/** The documents' sample, as a program of its own; returns `data.upstream`. */
export async function seedAgent({ api, chains, keys }: DevJson, apiId: string): Promise<{ body: unknown }> {
  const env = { ...process.env, ORIGIN: api, RPC_URL: chains["43114"]?.rpc, PRIVATE_KEY: keys?.stranger };
  const program = path.join(ROOT, "test/flow/seed-agent.ts");
  const { stdout } = await promisify(execFile)(process.execPath, [program, apiId], { env });
  return JSON.parse(stdout) as { body: unknown };
}

/** A program of dev/ as its npm script runs it; returns what it printed, and rejects when it ends badly. */
export async function runDev({ env }: Home, program: string, ...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [`dev/${program}`, ...args], { cwd: ROOT, env });
  return stdout;
}

/** Buys a session by the 402's own calls; returns what unlocks it. */
export async function buy(dev: DevJson, url: string): Promise<`0x${string}`> {
  const agent = createAgent(privateKeyToAccount(dev.keys?.payer as `0x${string}`), dev.chains["43114"]?.rpc as string);
  const info = await agent.ask(url);
  await agent.send(info.calls.native as NonNullable<typeof info.calls.native>);
  await agent.poll(url, info.session_id, () => {});
  return info.session_id;
}
