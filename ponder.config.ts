import { fileURLToPath } from "node:url";
import pg from "pg";
import { createConfig } from "ponder";
import type { Address } from "viem";
import { paymentGatewayAbi, settlementReceiverAbi, usdcAbi } from "./contracts/abi.ts";
import { avalanche, base, type Chain, gatewayChains, type ReceiverChain, receiverChains } from "./contracts/chains.ts";
import { type Deployment, findDeployment, readDeployment } from "./contracts/deployment.ts";

const ROOT = fileURLToPath(new URL(".", import.meta.url));
const POLL_MS = Number(process.env.POLL_MS || 1000);

const chain = gatewayChain();
const gateway = gatewayDeployment();
const receiver = settlementReceiver();

/** Without it there is no such chain and no such contract, and Ponder ends over handlers of either. */
export const hasReceiver = receiver !== undefined;

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
    avalanche: { id: chain.id, rpc: rpcUrls(chain), pollingInterval: POLL_MS },
    ...withReceiver(baseOf),
  },
  contracts: {
    PaymentGateway: {
      abi: paymentGatewayAbi,
      chain: "avalanche",
      address: gateway.address,
      startBlock: gateway.startBlock,
    },
    ...withReceiver(contractsOf),
  },
});

type Receiver = Deployment & { chain: ReceiverChain };

/** Nothing without a receiver, but typed as if there were one: types are made for handlers, which `hasReceiver` guards. */
function withReceiver<Part extends object>(partOf: (receiver: Receiver) => Part): Part {
  return receiver ? partOf(receiver) : ({} as Part);
}

function baseOf({ chain }: Receiver) {
  return { base: { id: chain.id, rpc: rpcUrls(chain), pollingInterval: POLL_MS } };
}

/** USDC's own logs, because whoever submits an authorization may submit it to USDC itself, past the receiver. */
function contractsOf({ chain, address, startBlock }: Receiver) {
  return {
    Usdc: {
      abi: usdcAbi,
      chain: "base",
      address: chain.usdc.address,
      startBlock,
      filter: { event: "Transfer", args: { to: address } },
    },
    SettlementReceiver: { abi: settlementReceiverAbi, chain: "base", address, startBlock },
  } as const;
}

function gatewayChain(): Chain {
  const id = Number(process.env.GATEWAY_CHAIN_ID || avalanche.id);
  const known = gatewayChains.find((candidate) => candidate.id === id);
  if (!known) throw new Error(`GATEWAY_CHAIN_ID: ${id} is not a chain of the gateway`);
  return known;
}

function gatewayDeployment(): Deployment {
  const address = process.env.GATEWAY_ADDRESS;
  if (address) return { address: address as Address, startBlock: Number(required("GATEWAY_START_BLOCK")) };
  const deploymentId = process.env.IGNITION_DEPLOYMENT || `chain-${chain.id}`;
  return readDeployment(ROOT, deploymentId, "PaymentGatewayModule#PaymentGateway");
}

/** Undefined without RPC URLs of its chain, and where none was deployed. */
function settlementReceiver(): Receiver | undefined {
  const id = Number(process.env.RECEIVER_CHAIN_ID || base.id);
  const known = receiverChains.find((candidate) => candidate.id === id);
  if (!known) throw new Error(`RECEIVER_CHAIN_ID: ${id} is not a chain of the receiver`);
  if (!process.env[known.rpcVariable]) return undefined;
  const deployment = receiverDeployment(known);
  return deployment && { chain: known, ...deployment };
}

function receiverDeployment({ id }: Chain): Deployment | undefined {
  const address = process.env.RECEIVER_ADDRESS;
  if (address) return { address: address as Address, startBlock: Number(required("RECEIVER_START_BLOCK")) };
  const named = process.env.RECEIVER_DEPLOYMENT;
  const read = named ? readDeployment : findDeployment;
  return read(ROOT, named || `chain-${id}`, "SettlementReceiverModule#SettlementReceiver");
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
