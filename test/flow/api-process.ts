import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import path from "node:path";
import type { TestChain } from "../indexer/chain.ts";

const ROOT = path.resolve(import.meta.dirname, "..", "..");

export type ApiOf = {
  databaseUrl: string;
  chain: Pick<TestChain, "rpcUrl" | "gateway">;
  port: number;
  upstreamAllow: readonly string[];
};

/** What an API needs to sell on a test chain, with fresh keys; more settings go on top. */
export function apiEnvironment({ databaseUrl, chain, port, upstreamAllow }: ApiOf): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    DATABASE_URL: databaseUrl,
    PORT: String(port),
    AVALANCHE_RPC_URL: chain.rpcUrl,
    GATEWAY_ADDRESS: chain.gateway.address,
    GATEWAY_START_BLOCK: String(chain.gateway.startBlock),
    SESSION_KEYS: randomBytes(32).toString("hex"),
    SECRETS_KEY: randomBytes(32).toString("hex"),
    UPSTREAM_ALLOW: upstreamAllow.join(","),
    // This chain mines only what somebody sends.
    CHAIN_MAX_QUIET_SEC: "86400",
  };
}

/** The API as a process of its own. `isUp` resolves once it answers, and rejects when it ends before. */
export function startApi(env: NodeJS.ProcessEnv, stdio: StdioOptions): { child: ChildProcess; isUp: Promise<void> } {
  const child = spawn(process.execPath, ["api/server.ts"], { cwd: ROOT, env, stdio });
  return { child, isUp: answering(`http://127.0.0.1:${env.PORT}/healthz`, child) };
}

/** Resolves when `url` answers well; rejects when the process behind it has ended. */
export async function answering(url: string, child: ChildProcess): Promise<void> {
  while (child.exitCode === null && child.signalCode === null) {
    const answer = await fetch(url).catch(() => undefined);
    await answer?.arrayBuffer();
    if (answer && answer.status < 500) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`${url}: the process behind it ended with ${child.exitCode ?? child.signalCode}`);
}
