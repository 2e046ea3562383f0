import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { anvilBinary } from "./anvil-binary.ts";
import { ended, freePort } from "./process.ts";

export type Anvil = {
  readonly rpcUrl: string;
  readonly pid: number;
  readonly exited: Promise<void>;
  stop(): Promise<void>;
};

export type AnvilOptions = {
  chainId: number;
  port?: number;
  /** Gas and opcodes follow this fork; Avalanche is Cancun. */
  hardfork?: string;
  /**
   * State is loaded from this file when it exists. Nothing is written: anvil overwrites its file in place, and a kill in
   * the middle would leave a chain that never starts again; `keepState` writes instead.
   */
  stateFile?: string;
  /** Unix seconds of block 0 of a new chain, which then lives that far from the clock until `evm_setTime`. */
  genesisTimeSec?: number;
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
  if (options.stateFile) {
    // Without pruning every block's whole state goes to disk under ~/.foundry: 170 kB each, for days of blocks.
    list.push("--prune-history");
    if (existsSync(options.stateFile)) list.push("--load-state", options.stateFile);
  }
  if (options.genesisTimeSec) list.push("--timestamp", String(options.genesisTimeSec));
  if (options.blockTimeSec) list.push("--block-time", String(options.blockTimeSec));
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
