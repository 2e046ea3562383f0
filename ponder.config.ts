import { fileURLToPath } from "node:url";
import pg from "pg";
import { createConfig } from "ponder";
import type { Address } from "viem";
import { paymentGatewayAbi } from "./contracts/abi.ts";
import { avalanche, type Chain, gatewayChains } from "./contracts/chains.ts";
import { type Deployment, readDeployment } from "./contracts/deployment.ts";

const chain = gatewayChain();
const gateway = gatewayDeployment();

/**
 * What is indexed, and where. Ponder is started by `dev/indexer.ts`, which names the schema after everything here and
 * in `indexer/` that decides rows.
 */
export default createConfig({
  // A reorg on one chain then takes back no rows of another, not even for a moment.
  ordering: "experimental_isolated",
  database: {
    kind: "postgres",
    connectionString: required("DATABASE_URL"),
    // Longer than Ponder's heartbeat: `dev/indexer.ts` takes an indexer without connections for dead.
    poolConfig: { max: 20, idleTimeoutMillis: 60_000, Client: durableClient() },
  },
  chains: {
    avalanche: { id: chain.id, rpc: rpcUrls(chain), pollingInterval: Number(process.env.POLL_MS || 1000) },
  },
  contracts: {
    PaymentGateway: {
      abi: paymentGatewayAbi,
      chain: "avalanche",
      address: gateway.address,
      startBlock: gateway.startBlock,
    },
  },
});

function gatewayChain(): Chain {
  const id = Number(process.env.GATEWAY_CHAIN_ID || avalanche.id);
  const known = gatewayChains.find((candidate) => candidate.id === id);
  if (!known) throw new Error(`GATEWAY_CHAIN_ID: ${id} is not a chain of the gateway`);
  return known;
}

function gatewayDeployment(): Deployment {
  const address = process.env.GATEWAY_ADDRESS;
  if (address) return { address: address as Address, startBlock: Number(required("GATEWAY_START_BLOCK")) };
  const root = fileURLToPath(new URL(".", import.meta.url));
  const deploymentId = process.env.IGNITION_DEPLOYMENT || `chain-${chain.id}`;
  return readDeployment(root, deploymentId, "PaymentGatewayModule#PaymentGateway");
}

/** Ponder takes an empty list for "use a public default", which would hide a forgotten setting. */
function rpcUrls({ rpcVariable }: Chain): string[] {
  const urls = required(rpcVariable).split(",");
  if (urls.some((url) => url.trim() === "")) throw new Error(`${rpcVariable}: holds an empty URL`);
  return urls.map((url) => url.trim());
}

function required(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name}: is missing`);
  return value;
}

/**
 * Ponder opens its connections with `synchronous_commit = off`: when Postgres crashes, it goes on with the next block
 * and the payments of the last ones are lost for good. node-postgres lets a pool bring its own client, and Ponder
 * hands this one to all its pools, told apart by their application name.
 */
function durableClient(): typeof pg.Client {
  return class DurableClient extends pg.Client {
    readonly #schema: string | undefined;

    constructor(config?: pg.ClientConfig) {
      super(config);
      this.#schema = /^(.*)_readonly$/.exec(config?.application_name ?? "")?.[1];
    }

    override connect(): Promise<this>;
    override connect(callback: (error: Error) => void): void;
    override connect(callback?: (error: Error) => void): Promise<this> | undefined {
      const ready = super.connect().then(() => this.query(this.#schema ? readOnly(this.#schema) : DURABLE));
      if (!callback) return ready.then(() => this);
      ready.then(() => (callback as () => void)(), callback);
      return undefined;
    }
  };
}

const DURABLE = "set synchronous_commit = on; set idle_in_transaction_session_timeout = 3600000;";

const readOnly = (schema: string) =>
  `set search_path = ${pg.escapeIdentifier(schema)}; set session characteristics as transaction read only;
   set work_mem = '64MB'; set lock_timeout = '500ms';`;
