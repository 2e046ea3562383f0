import path from "node:path";
import { type Logger, pino } from "pino";
import type { Address } from "viem";
import { chainById, type ReceiverChain } from "../contracts/chains.ts";
import { readDeployment } from "../contracts/deployment.ts";
import { type Clock, systemClock } from "./clock.ts";
import { type Changes, type Db, openChanges, openDb } from "./db.ts";
import type { Env, Place } from "./env.ts";
import { type ApiError, gateErrorBody } from "./errors.ts";
import { type Indexed, openIndexed } from "./indexed.ts";
import { createMetrics, type Metrics } from "./metrics.ts";
import { type Callbacks, openCallbacks } from "./providers/callbacks.ts";
import { type ChainReader, openChain } from "./providers/chain.ts";
import { type Facilitator, openFacilitator } from "./providers/facilitator.ts";
import { createGasSurcharges, type GasSurcharges } from "./providers/gas-surcharges.ts";
import { type GatewayFees, openGatewayFees } from "./providers/gateway-fees.ts";
import { type OtpProvider, openOtp } from "./providers/otp.ts";
import { openRules, type PhoneRules } from "./providers/phone/rules.ts";
import { openPhone, type PhoneProvider } from "./providers/phone.ts";
import type { Upstream } from "./providers/upstream/target.ts";
import { createUpstream } from "./providers/upstream/upstream.ts";
import type { Sale } from "./sale.ts";

/** Where USDC is taken. */
export type Receiver = Place & { readonly chain: ReceiverChain; readonly reader: ChainReader };

/** Everything that rooms may touch. Each verb names only the part that it needs. */
export type Deps = {
  readonly publicUrl: string;
  /** Absent, when nothing is sold per call. */
  readonly receiver: Receiver | undefined;
  /** Settles what is paid there. */
  readonly facilitator: Facilitator | undefined;
  /** Absent, when we settle ourselves. */
  readonly facilitatorUrl: string | undefined;
  readonly gateway: Address;
  /** 32 bytes each: the first signs, all verify. */
  readonly sessionKeys: readonly Buffer[];
  readonly secretsKey: Buffer;
  /** The gateway's chain. */
  readonly chain: ChainReader;
  /** By id, the gateway's first. */
  readonly chains: ReadonlyMap<number, ChainReader>;
  readonly fees: GatewayFees;
  readonly surcharges: GasSurcharges;
  readonly db: Db;
  readonly changes: Changes;
  readonly indexed: Indexed;
  readonly upstream: Upstream;
  readonly callbacks: Callbacks;
  /** Absent, when no numbers and texts are sold. */
  readonly phone: PhoneProvider | undefined;
  /** What the operator allows of those. */
  readonly rules: PhoneRules;
  /** Absent, when no one-time codes are sold. */
  readonly otp: OtpProvider | undefined;
  /** On top of what that supplier takes. */
  readonly otpMarginPercent: number;
  /** Who sells, as answers about numbers name it. */
  readonly providerName: string;
  /** Where registries that list us may write. */
  readonly contactEmail: string | undefined;
  /** Opens what only the operator may see and do; absent, nobody may. */
  readonly operatorToken: string | undefined;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly limits: Pick<Env, "rateLimitPerMin" | "maskedRateLimitPerMin" | "trustedProxies">;
  /** Aborts when the process is asked to stop: waits end, `/readyz` says so. */
  readonly stopping: AbortSignal;
};

/** What a test puts in place of the world outside. */
export type Stand = Partial<Pick<Deps, "clock" | "log" | "indexed" | "chains" | "phone" | "otp" | "facilitator">> & {
  /** Sold besides what the products offer. */
  sales?: readonly Sale[];
};

export type OpenInput = {
  env: Env;
  publicUrl: string;
  ownHosts: readonly string[];
  stopping: AbortSignal;
  stand?: Stand;
};

/** Connects to everything. `close` undoes it, once nobody asks any more. */
export async function openDeps(input: OpenInput): Promise<{ deps: Deps; close(): Promise<void> }> {
  const { env, publicUrl, ownHosts, stopping, stand = {} } = input;
  const clock = stand.clock ?? systemClock;
  const log = stand.log ?? createLog(env.logLevel);
  const gateway = gatewayOf(env);
  const chains = stand.chains ?? chainsOf(env);
  const chain = chains.get(env.gatewayChain.id) as ChainReader;
  const { databaseUrl } = env;
  // First, for they may be wrong: the rest would have to be closed again.
  const metrics = createMetrics();
  const rules = await openRules(env.phoneRulesFile, metrics.refusals);
  const otp = stand.otp ?? (env.otp && (await openOtp(env.otp, { clock, log })));
  const db = await openDb(databaseUrl, log);
  const changes = await openChanges(databaseUrl, log);
  const fees = await openGatewayFees({ chain, gateway: gateway.address, db, changes, clock });
  const rpcUrls = env.rpcUrls.get(env.gatewayChain.id) ?? [];
  const indexedChain = { chain: env.gatewayChain, rpcUrls, gateway };
  const receiver = receiverOf(env, chains);
  const settling = receiver && { ...receiver, rpcUrls: env.rpcUrls.get(receiver.chain.id) ?? [] };
  const over = { pool: db.pool, databaseUrl, chains: [indexedChain], receiver: settling, clock, log } as const;
  const indexed = stand.indexed ?? (await openIndexed(over));
  const render = (error: ApiError) => JSON.stringify(gateErrorBody(error));
  const upstream = createUpstream({ allow: env.upstreamAllow, ownHosts, log, render });
  const callbacks = openCallbacks({ allow: env.upstreamAllow, ownHosts });
  const surcharges = createGasSurcharges({ chain, gateway: gateway.address, clock });
  const phone = stand.phone ?? (await openPhone(env.phone, { db, clock, log, publicUrl }));
  const { sessionKeys, secretsKey, providerName, contactEmail, operatorToken } = env;
  const facilitator = stand.facilitator ?? facilitatorOf(env, receiver, { db, clock, log });
  const deps: Deps = {
    publicUrl,
    receiver,
    facilitator,
    facilitatorUrl: env.receiver?.facilitatorUrl,
    gateway: gateway.address,
    sessionKeys,
    secretsKey,
    chain,
    chains,
    fees,
    surcharges,
    db,
    changes,
    indexed,
    upstream,
    callbacks,
    phone,
    rules,
    otp,
    otpMarginPercent: env.otp?.marginPercent ?? 0,
    providerName,
    contactEmail,
    operatorToken,
    clock,
    log,
    metrics,
    limits: env,
    stopping,
  };
  return {
    deps,
    close: async () => {
      // All at once: one that hangs must not keep the others open.
      const outside = [upstream.close(), callbacks.close(), facilitator?.close(), otp?.close(), phone?.close()];
      await Promise.all([...outside, indexed.close(), changes.close(), db.close()]);
    },
  };
}

const GATEWAY = "PaymentGatewayModule#PaymentGateway";
const RECEIVER = "SettlementReceiverModule#SettlementReceiver";

const gatewayOf = (env: Env): Place => env.gateway ?? deployed(env.deploymentId, GATEWAY);

function receiverOf({ receiver }: Env, chains: Deps["chains"]): Receiver | undefined {
  if (!receiver) return undefined;
  const { chain, place, deploymentId } = receiver;
  return { chain, reader: chains.get(chain.id) as ChainReader, ...(place ?? deployed(deploymentId, RECEIVER)) };
}

function facilitatorOf(
  { receiver: env }: Env,
  receiver: Receiver | undefined,
  deps: Pick<Deps, "db" | "clock" | "log">,
) {
  return env && receiver && openFacilitator({ ...env, ...deps, reader: receiver.reader, receiver: receiver.address });
}

function deployed(deploymentId: string, futureId: string): Place {
  const { address, startBlock } = readDeployment(path.resolve(import.meta.dirname, ".."), deploymentId, futureId);
  return { address, startBlock: BigInt(startBlock) };
}

function chainsOf(env: Env): Map<number, ChainReader> {
  const chains = new Map<number, ChainReader>();
  for (const id of new Set([env.gatewayChain.id, ...env.rpcUrls.keys()])) {
    const chain = [env.gatewayChain, env.receiver?.chain].find((set) => set?.id === id) ?? chainById(id);
    if (chain) chains.set(id, openChain(chain, env.rpcUrls.get(id) ?? []));
  }
  return chains;
}

/** JSON lines on standard output. What is a credential or leads to one never gets there. */
function createLog(level: string): Logger {
  const secret = ["authorization", "cookie", "x-402-session", "x-api-key", "payment-signature", "payment", "x-payment"];
  const paths = secret.flatMap((name) => [`headers["${name}"]`, `*.headers["${name}"]`]);
  return pino({
    level,
    base: null,
    redact: { paths: [...paths, "signature", "token", "secret"], censor: "[redacted]" },
  });
}
