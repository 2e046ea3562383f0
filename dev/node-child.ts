import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Running } from "./keep-alive.ts";
import { ended } from "./process.ts";

export type NodeChild = {
  script: string;
  env: NodeJS.ProcessEnv;
  /** What it prints goes to the end of this file. */
  logFile: string;
  /** Answers with 200 once the child can do its work. */
  readyUrl: string;
};

const LEASH = fileURLToPath(new URL("./leash.ts", import.meta.url));
const STOP_PATIENCE_MS = 15_000;
const ASK_MS = 2_000;

/** Starts one of our own programs on a leash: it ends when we do, however that happens. */
export function spawnNode({ script, env, logFile, readyUrl }: NodeChild): Running {
  const log = openSync(logFile, "a", 0o600);
  const child = spawn(process.execPath, ["--import", LEASH, script], {
    env,
    // A group of its own: Ctrl-C must reach only the start, which stops its children in order.
    detached: true,
    stdio: ["ignore", log, log, "ipc"],
  });
  closeSync(log);
  const exited = ended(child);
  return {
    pid: child.pid as number,
    exited,
    ready: answers(readyUrl, exited).catch(() => {
      throw new Error(`${script} ended with ${child.exitCode ?? child.signalCode}; its last words are in ${logFile}`);
    }),
    stop: async () => {
      const patience = setTimeout(() => child.kill("SIGKILL"), STOP_PATIENCE_MS);
      child.kill("SIGTERM");
      await exited;
      clearTimeout(patience);
    },
  };
}

/** Resolves when `url` answers with 200; rejects when `over` comes first. */
async function answers(url: string, over: Promise<void>): Promise<void> {
  let isOver = false;
  void over.then(() => {
    isOver = true;
  });
  while (!isOver) {
    if (await isOk(url)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("ended");
}

/** Asks once, and not for long: a question that a starting server took and forgot would hold up everything. */
async function isOk(url: string): Promise<boolean> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(ASK_MS) });
    await answer.arrayBuffer();
    return answer.ok;
  } catch {
    return false;
  }
}
