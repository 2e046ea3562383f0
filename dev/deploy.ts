import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import path from "node:path";
import { getAddress } from "viem";
import { type Deployment, readDeployment } from "../contracts/deployment.ts";
import { whileLocked } from "./home-lock.ts";
import { ended } from "./process.ts";
import { rpc } from "./rpc.ts";
import type { Settings } from "./settings.ts";

const GATEWAY = "PaymentGatewayModule#PaymentGateway";

export type DeployOptions = { rpcUrl: string; root: string; deploymentId: string; signal: AbortSignal };

/**
 * The gateway on a local chain: deployed with Ignition, once. A record whose contract the chain does not hold is of a
 * chain that was reset, and goes.
 *
 * @throws Error with Ignition's own output when the deployment fails
 */
export async function deployGateway(options: DeployOptions): Promise<Deployment> {
  const { rpcUrl, root, deploymentId } = options;
  const recorded = recordOf(options);
  if (recorded && (await rpc<string>(rpcUrl, "eth_getCode", [recorded.address, "latest"])) !== "0x") return recorded;
  rmSync(path.join(root, "ignition", "deployments", deploymentId), { recursive: true, force: true });
  // All homes share the repository's build: two first starts must not write it at once.
  await whileLocked(path.join(root, "cache", "build"), () => runIgnition(options));
  return readDeployment(root, deploymentId, GATEWAY);
}

/**
 * The gateway on a chain that is not ours: named by the environment, or recorded by an earlier deployment.
 *
 * @throws Error when there is neither, or an address without its first block
 */
export function liveGateway({ root, gatewayChain }: Settings): Deployment {
  const { GATEWAY_ADDRESS, GATEWAY_START_BLOCK, IGNITION_DEPLOYMENT } = process.env;
  if (GATEWAY_ADDRESS && !GATEWAY_START_BLOCK)
    throw new Error("GATEWAY_START_BLOCK: is missing, as GATEWAY_ADDRESS is set");
  if (GATEWAY_ADDRESS) return { address: getAddress(GATEWAY_ADDRESS), startBlock: Number(GATEWAY_START_BLOCK) };
  try {
    return readDeployment(root, IGNITION_DEPLOYMENT || `chain-${gatewayChain.id}`, GATEWAY);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${reason}. Deploy the gateway first, or set GATEWAY_ADDRESS and GATEWAY_START_BLOCK.`, { cause });
  }
}

function recordOf({ root, deploymentId }: DeployOptions): Deployment | undefined {
  try {
    return readDeployment(root, deploymentId, GATEWAY);
  } catch {
    return undefined;
  }
}

async function runIgnition({ rpcUrl, root, deploymentId, signal }: DeployOptions): Promise<void> {
  const child = spawn(process.execPath, [path.join(root, "dev", "ignite.ts")], {
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
  if (child.exitCode !== 0) throw new Error(`Ignition could not deploy the gateway:\n${output}`);
}
