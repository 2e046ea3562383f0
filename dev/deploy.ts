import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import path from "node:path";
import { getAddress } from "viem";
import { type Deployment, readDeployment } from "../contracts/deployment.ts";
import { whileLocked } from "./home-lock.ts";
import { ended } from "./process.ts";
import { rpc } from "./rpc.ts";
import { localDeploymentId, type Settings } from "./settings.ts";

/** Our contracts: what Ignition calls them, and the variables that name one on a chain that is not ours. */
const CONTRACTS = {
  gateway: {
    futureId: "PaymentGatewayModule#PaymentGateway",
    variables: ["GATEWAY_ADDRESS", "GATEWAY_START_BLOCK", "IGNITION_DEPLOYMENT"],
  },
  receiver: {
    futureId: "SettlementReceiverModule#SettlementReceiver",
    variables: ["RECEIVER_ADDRESS", "RECEIVER_START_BLOCK", "RECEIVER_DEPLOYMENT"],
  },
} as const;

export type Contract = keyof typeof CONTRACTS;

export type DeployOptions = {
  contract: Contract;
  chainId: number;
  rpcUrl: string;
  settings: Pick<Settings, "root" | "home">;
  signal: AbortSignal;
};

/**
 * A contract of ours on a local chain: deployed with Ignition, once. A record whose contract the chain does not hold is
 * of a chain that was reset, and goes.
 *
 * @throws Error with Ignition's own output when the deployment fails
 */
export async function deployLocally(options: DeployOptions): Promise<Deployment> {
  const { contract, rpcUrl, chainId, settings } = options;
  const { root } = settings;
  const deploymentId = localDeploymentId(settings, chainId);
  const { futureId } = CONTRACTS[contract];
  const recorded = recordOf(root, deploymentId, futureId);
  if (recorded && (await rpc<string>(rpcUrl, "eth_getCode", [recorded.address, "latest"])) !== "0x") return recorded;
  rmSync(path.join(root, "ignition", "deployments", deploymentId), { recursive: true, force: true });
  // All homes share the repository's build: two first starts must not write it at once.
  await whileLocked(path.join(root, "cache", "build"), () => runIgnition(options, deploymentId));
  return readDeployment(root, deploymentId, futureId);
}

/**
 * A contract of ours on a chain that is not: named by the environment, or recorded by an earlier deployment.
 *
 * @throws Error when there is neither, or an address without its first block
 */
export function liveDeployment(contract: Contract, root: string, chainId: number): Deployment {
  const { futureId, variables } = CONTRACTS[contract];
  const [addressName, startBlockName, recordName] = variables;
  const [address, startBlock, record] = variables.map((name) => process.env[name]);
  if (address && !startBlock) throw new Error(`${startBlockName}: is missing, as ${addressName} is set`);
  if (address) return { address: getAddress(address), startBlock: Number(startBlock) };
  try {
    return readDeployment(root, record || `chain-${chainId}`, futureId);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const way = `Deploy the ${contract} first, or set ${addressName} and ${startBlockName}, or ${recordName}.`;
    throw new Error(`${reason}. ${way}`, { cause });
  }
}

function recordOf(root: string, deploymentId: string, futureId: string): Deployment | undefined {
  try {
    return readDeployment(root, deploymentId, futureId);
  } catch {
    return undefined;
  }
}

async function runIgnition({ contract, rpcUrl, settings, signal }: DeployOptions, deploymentId: string): Promise<void> {
  const { root } = settings;
  const child = spawn(process.execPath, [path.join(root, "dev", "ignite.ts"), contract], {
    cwd: root,
    env: { ...process.env, LOCAL_RPC_URL: rpcUrl, IGNITION_DEPLOYMENT: deploymentId },
    stdio: ["ignore", "pipe", "pipe"],
    signal,
  });
  let output = "";
  const read = (chunk: Buffer) => {
    output += chunk;
  };
  child.stdout.on("data", read);
  child.stderr.on("data", read);
  child.on("error", (error) => read(Buffer.from(String(error))));
  await ended(child);
  if (child.exitCode !== 0) throw new Error(`Ignition could not deploy the ${contract}:\n${output}`);
}
