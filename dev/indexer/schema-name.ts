import { createHash } from "node:crypto";
import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import type { Address } from "viem";

/** The gateway whose events are indexed. */
export type IndexedGateway = IndexedContract;

/** The receiver whose settlements are indexed. */
export type IndexedReceiver = IndexedContract;

type IndexedContract = { chainId: number; address: Address; startBlock: number };

const SOURCES = ["ponder.config.ts", "contracts/abi.ts", "indexer/ponder.schema.ts", "indexer/src/*.ts"];

/**
 * `idx_<hash of all that decides the rows>`: an index made by other code, or of other contracts, is never continued.
 * `root` is the repository.
 */
export function schemaName(root: string, gateway: IndexedGateway, receiver?: IndexedReceiver): string {
  const hash = createHash("sha256");
  const files = SOURCES.flatMap((pattern) => globSync(pattern, { cwd: root })).sort();
  for (const file of files) hash.update(`${file}\n`).update(readFileSync(path.join(root, file)));
  const ponder = readFileSync(path.join(root, "node_modules/ponder/package.json"), "utf8");
  const { version } = JSON.parse(ponder) as { version: string };
  hash.update(version);
  for (const { chainId, address, startBlock } of receiver ? [gateway, receiver] : [gateway])
    hash.update(["", chainId, address.toLowerCase(), startBlock].join("\n"));
  return `idx_${hash.digest("hex").slice(0, 12)}`;
}
