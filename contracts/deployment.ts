import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Address, getAddress } from "viem";

/** Where a contract lives and the first block that can hold its events. */
export type Deployment = { readonly address: Address; readonly startBlock: number };

/**
 * Reads `futureId` (such as `PaymentGatewayModule#PaymentGateway`) from the record that Ignition wrote under
 * `<root>/ignition/deployments/<deploymentId>`.
 *
 * @throws Error when there is no such record, or it does not hold a confirmed deployment of the contract
 */
export function readDeployment(root: string, deploymentId: string, futureId: string): Deployment {
  const folder = join(root, "ignition", "deployments", deploymentId);
  const address = parse(folder, "deployed_addresses.json")[futureId];
  const confirmed = read(folder, "journal.jsonl")
    .split("\n")
    .filter((line) => line.includes('"TRANSACTION_CONFIRM"') && line.includes(`"${futureId}"`))
    .map((line) => JSON.parse(line) as Confirmation)
    .at(-1);
  if (typeof address !== "string" || confirmed === undefined)
    throw new Error(`${folder} holds no confirmed ${futureId}`);
  return { address: getAddress(address), startBlock: confirmed.receipt.blockNumber };
}

/** The same, or undefined when Ignition keeps no record of that name. @throws as `readDeployment` of a broken record */
export function findDeployment(root: string, deploymentId: string, futureId: string): Deployment | undefined {
  if (!existsSync(join(root, "ignition", "deployments", deploymentId))) return undefined;
  return readDeployment(root, deploymentId, futureId);
}

type Confirmation = { receipt: { blockNumber: number } };

function parse(folder: string, file: string): Record<string, unknown> {
  return JSON.parse(read(folder, file)) as Record<string, unknown>;
}

function read(folder: string, file: string): string {
  try {
    return readFileSync(join(folder, file), "utf8");
  } catch (cause) {
    throw new Error(`no Ignition record at ${folder}`, { cause });
  }
}
