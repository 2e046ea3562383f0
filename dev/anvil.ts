import { type ChildProcess, spawn } from "node:child_process";
import { anvilBinary } from "./anvil-binary.ts";
import { ended, freePort } from "./process.ts";

export type Anvil = {
  readonly rpcUrl: string;
  readonly pid: number;
  readonly exited: Promise<void>;
  /** Ends the chain; with a state file, what it mined is written first. */
  stop(): Promise<void>;
};

export type AnvilOptions = {
  chainId: number;
  port?: number;
  /** Gas and opcodes follow this fork; Avalanche is Cancun. */
  hardfork?: string;
  /** State is loaded from this file at start and written to it at the end and every few seconds. */
  stateFile?: string;
  /** Seconds between blocks; absent: a block per transaction. */
  blockTimeSec?: number;
  onLog?: (line: string) => void;
};

/** Starts a local EVM chain and resolves when it answers. */
export async function startAnvil(options: AnvilOptions): Promise<Anvil> {
  const binary = await anvilBinary(options.onLog);
  const port = options.port ?? (await freePort());
  const child = spawn(binary, flags(options, port), { stdio: ["ignore", "pipe", "pipe"], detached: true });
  await listening(child);
  return {
    rpcUrl: `http://127.0.0.1:${port}`,
    pid: child.pid as number,
    exited: ended(child),
    stop: async () => {
      child.kill("SIGINT");
      await ended(child);
    },
  };
}

function flags(options: AnvilOptions, port: number): string[] {
  const list = ["--host", "127.0.0.1", "--port", String(port), "--chain-id", String(options.chainId)];
  if (options.hardfork) list.push("--hardfork", options.hardfork);
  if (options.stateFile)
    list.push("--state", options.stateFile, "--state-interval", "2", "--preserve-historical-states");
  if (options.blockTimeSec) list.push("--block-time", String(options.blockTimeSec), "--mixed-mining");
  return list;
}

function listening(child: ChildProcess): Promise<void> {
  let log = "";
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`anvil ended with ${code} while starting:\n${log}`)));
    const read = (chunk: Buffer) => {
      if (log.length < 20_000) log += chunk;
      if (log.includes("Listening on")) resolve();
    };
    child.stdout?.on("data", read);
    child.stderr?.on("data", read);
  });
}
