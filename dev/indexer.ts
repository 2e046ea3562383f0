import { mkdirSync } from "node:fs";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import pg from "pg";
import { receiverChains } from "../contracts/chains.ts";
import { forgetForeignChain } from "./indexer/foreign-chain.ts";
import { forgetHolder, type LockOf, noteHolder, takeOver } from "./indexer/lock.ts";
import { dropOldSchemas } from "./indexer/old-schemas.ts";
import { CLEANLY, type Ponder, spawnPonder } from "./indexer/ponder.ts";
import { type Reachable, reachable, WrongRpc } from "./indexer/rpc.ts";
import { type IndexedGateway, type IndexedReceiver, schemaName } from "./indexer/schema-name.ts";
import { type Patience, stuck } from "./indexer/stuck.ts";
import { freePort } from "./process.ts";

export type IndexerOptions = {
  databaseUrl: string;
  gateway: IndexedGateway;
  /** Absent, nothing but the gateway is indexed. */
  receiver?: IndexedReceiver;
  /** RPC URLs per chain id, at least one for each indexed chain; two in production. */
  rpcUrls: ReadonlyMap<number, readonly string[]>;
  /**
   * Ids of the chains that are ours and may lose blocks or be reset, or true for all: the index is then built again
   * instead of refusing.
   */
  localChains?: boolean | readonly number[];
  /** Where Ponder listens on 127.0.0.1; a free port when absent. */
  port?: number;
  /** How often a chain is asked for a new block. */
  pollMs?: number;
  /** Holds the running Ponder's process id. */
  pidFile: string;
  patience?: Patience;
  onLog?: (line: string) => void;
};

export type Indexer = {
  /** Ponder's own server: `/ready`, `/status`, `/metrics`. */
  readonly url: string;
  readonly schema: string;
  /** Of the Ponder that runs now, if one does. */
  pid(): number | undefined;
  /** Resolves when the index has been built and served for the first time. */
  readonly ready: Promise<void>;
  stop(): Promise<void>;
};

const ROOT = path.resolve(import.meta.dirname, "..");
const PAUSE_MS = { first: 250, longest: 10_000 };
const PATIENCE: Patience = { stuckAfterMs: 60_000, lookEveryMs: 5_000 };

/**
 * Runs Ponder and keeps it running: whenever it ends or stands still, it is started again. Resolves when the RPC URLs
 * have been looked at; an RPC or a database that is not there yet is waited for.
 *
 * @throws WrongRpc when an RPC URL is empty or serves another chain than it should
 */
export async function startIndexer(options: IndexerOptions): Promise<Indexer> {
  const log = options.onLog ?? (() => {});
  await reach(options).catch((error) => {
    if (error instanceof WrongRpc) throw error;
    log(messageOf(error));
  });
  mkdirSync(path.dirname(options.pidFile), { recursive: true });
  const run = new Supervisor(options, options.port ?? (await freePort()));
  const ended = run.supervise();
  return {
    url: `http://127.0.0.1:${run.port}`,
    schema: run.lock.schema,
    pid: () => run.ponder?.pid,
    ready: run.served.promise,
    stop: async () => {
      run.stopping.abort();
      await ended;
    },
  };
}

class Supervisor {
  readonly stopping = new AbortController();
  readonly served = Promise.withResolvers<void>();
  readonly lock: LockOf;
  readonly port: number;
  ponder: Ponder | undefined;
  readonly #options: IndexerOptions;
  readonly #log: (line: string) => void;
  readonly #pool: pg.Pool;

  constructor(options: IndexerOptions, port: number) {
    this.#options = options;
    this.port = port;
    this.lock = { schema: schemaName(ROOT, options.gateway, options.receiver), pidFile: options.pidFile };
    this.#log = options.onLog ?? (() => {});
    this.#pool = new pg.Pool({ connectionString: options.databaseUrl, max: 2, allowExitOnIdle: true });
    this.#pool.on("error", () => {});
    this.served.promise.catch(() => {});
  }

  async supervise(): Promise<void> {
    let pauseMs = PAUSE_MS.first;
    while (!this.stopping.signal.aborted) {
      const served = await this.#once().catch((error) => this.#log(messageOf(error)));
      pauseMs = served ? PAUSE_MS.first : Math.min(pauseMs * 2, PAUSE_MS.longest);
      await pause(pauseMs, undefined, { signal: this.stopping.signal }).catch(() => {});
    }
    await this.#pool.end();
    this.served.reject(new Error("the indexer was stopped before it served"));
  }

  /** One life of Ponder; true when it came so far as to serve. */
  async #once(): Promise<boolean> {
    const reached = await reach(this.#options);
    await this.#prepare(reached);
    if (this.stopping.signal.aborted) return false;
    const ponder = this.#spawn(reached);
    const stop = () => void ponder.stop();
    this.stopping.signal.addEventListener("abort", stop);
    const served = await ponder.ready();
    if (served) await this.#serve();
    const end = await this.#lifeOf(ponder, reached);
    this.stopping.signal.removeEventListener("abort", stop);
    if (end === CLEANLY) forgetHolder(this.lock);
    if (!this.stopping.signal.aborted) this.#log(`ended ${end}; starting again`);
    return served;
  }

  async #prepare(chains: readonly Reachable[]): Promise<void> {
    await takeOver(this.#pool, this.lock);
    const { localChains = false } = this.#options;
    for (const reached of chains) {
      const mayShrink = typeof localChains === "boolean" ? localChains : localChains.includes(reached.chain.id);
      const reason = await forgetForeignChain(this.#pool, { reached, schema: this.lock.schema, mayShrink });
      if (reason) this.#log(`${reason}: dropped the index, building it again`);
    }
  }

  #spawn(chains: readonly Reachable[]): Ponder {
    const env = environmentOf(this.#options, chains);
    const ponder = spawnPonder({ root: ROOT, schema: this.lock.schema, port: this.port, env, onLog: this.#log });
    noteHolder(this.lock, ponder.pid);
    this.ponder = ponder;
    void ponder.exited.then(() => {
      if (this.ponder === ponder) this.ponder = undefined;
    });
    return ponder;
  }

  async #serve(): Promise<void> {
    this.served.resolve();
    const dropped = await dropOldSchemas(this.#pool, this.lock.schema).catch((error) => [messageOf(error)]);
    for (const schema of dropped) this.#log(`dropped the old index: ${schema}`);
  }

  async #lifeOf(ponder: Ponder, chains: readonly Reachable[]): Promise<string> {
    const over = new AbortController();
    const watches = chains.map((reached) => this.#watch(ponder, reached, over.signal).catch(() => {}));
    const end = await ponder.exited;
    over.abort();
    await Promise.all(watches);
    return end;
  }

  /** Ends Ponder when one of its chains stands still. */
  async #watch(ponder: Ponder, reached: Reachable, signal: AbortSignal): Promise<void> {
    const { patience = PATIENCE, rpcUrls } = this.#options;
    const { id, name } = reached.chain;
    const query = this.#pool.query.bind(this.#pool) as pg.Pool["query"];
    for (;;) {
      const reason = await stuck({ schema: this.lock.schema, reached, query }, patience, signal);
      this.#log(`${name}: ${reason}`);
      const answers = await reachable(id, rpcUrls.get(id) ?? [], () => {}).catch(() => undefined);
      // Without any node of this chain Ponder would not start again, and the other chain would be left behind as well.
      if (answers) return ponder.stop();
    }
  }
}

function environmentOf({ databaseUrl, gateway, receiver, pollMs }: IndexerOptions, chains: readonly Reachable[]) {
  const env: Record<string, string> = {
    DATABASE_URL: databaseUrl,
    GATEWAY_CHAIN_ID: String(gateway.chainId),
    GATEWAY_ADDRESS: gateway.address,
    GATEWAY_START_BLOCK: String(gateway.startBlock),
    RECEIVER_CHAIN_ID: String(receiver?.chainId ?? ""),
    RECEIVER_ADDRESS: receiver?.address ?? "",
    RECEIVER_START_BLOCK: String(receiver?.startBlock ?? ""),
  };
  // Also against what our own environment says: the schema is named after what is indexed here and nothing else.
  for (const { rpcVariable } of receiverChains) env[rpcVariable] = "";
  for (const { chain, urls } of chains) env[chain.rpcVariable] = urls.join(",");
  if (pollMs) env.POLL_MS = String(pollMs);
  return env;
}

/** @throws WrongRpc rather than what may pass by itself */
async function reach({ gateway, receiver, rpcUrls, onLog = () => {} }: IndexerOptions): Promise<Reachable[]> {
  const ids = [gateway.chainId, ...(receiver ? [receiver.chainId] : [])];
  const tried = await Promise.allSettled(ids.map((id) => reachable(id, rpcUrls.get(id) ?? [], onLog)));
  const failures = tried.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
  if (failures.length > 0) throw failures.find((error) => error instanceof WrongRpc) ?? failures[0];
  return tried.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
}

const messageOf = (error: unknown): string =>
  error instanceof Error ? (error.message.split("\n")[0] ?? "") : `${error}`;
