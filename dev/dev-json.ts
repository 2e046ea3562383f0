import { existsSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import type { Address, Hex } from "viem";
import { writeAtomically } from "./atomic-file.ts";

/** What a running start tells other programs, in `<home>/dev.json`. The parts that are not ours to start are absent. */
export type DevJson = {
  api: string;
  indexer: string;
  /** Connection string, where the database is ours. */
  database?: string;
  chains: {
    "43114"?: { rpc: string; gateway: Address; tokens: Record<string, Address> };
    "8453"?: { rpc: string; usdc: Address; receiver: Address };
  };
  /** Ids of the demo APIs, by the way to pay that each is meant to show. */
  apis?: DemoApiIds;
  /** The sandbox that sells numbers for one-time codes; `node dev/otp-supplier.ts --help` tells what can be ordered. */
  supplier?: Sandbox;
  /** Private keys of the well-known, funded test accounts. */
  keys?: { payer: Hex; merchant: Hex; stranger: Hex };
};

export type Sandbox = { url: string; key: string };

export type DemoApiIds = { avax: string; erc20: string; permit: string };

const fileOf = (home: string): string => path.join(home, "dev.json");

/** Whoever reads the file may rely on everything in it being up. */
export const writeDevJson = (home: string, content: DevJson): Promise<void> =>
  writeAtomically(fileOf(home), `${JSON.stringify(content, null, 2)}\n`, 0o644);

export const removeDevJson = (home: string): void => rmSync(fileOf(home), { force: true });

/** What the start that runs on this home tells. @throws Error with a sentence for a person when none does */
export function readDevJson(home: string): DevJson {
  const file = fileOf(home);
  if (!existsSync(file)) throw new Error(`no Turnpike runs on ${home}: run npm start in another shell first`);
  return JSON.parse(readFileSync(file, "utf8")) as DevJson;
}
