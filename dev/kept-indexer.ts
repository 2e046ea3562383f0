import { appendFileSync } from "node:fs";
import { type Indexer, type IndexerOptions, startIndexer } from "./indexer.ts";

export type KeptIndexer = {
  /** Resolves when the index is built and served for the first time. */
  start(): Promise<void>;
  /** A chain goes away for a moment: the index must not be written until as many `release`. */
  hold(): Promise<void>;
  release(): void;
  stop(): Promise<void>;
};

/** Ponder's and its libraries' own warnings: they stay in the file. */
const NOISE = /^(WARN |ERROR |\(node:|\(Use `node)/;

type Options = Omit<IndexerOptions, "onLog"> & { logFile: string; log: (line: string) => void; signal: AbortSignal };

/** The indexer, which keeps itself alive, made to step aside while a chain restarts. */
export function createKeptIndexer({ logFile, log, signal, ...options }: Options): KeptIndexer {
  let current: Indexer | undefined;
  let isOver = false;
  /** Chains that are away right now. */
  let holds = 0;
  let queue: Promise<void> = Promise.resolve();

  const inTurn = (run: () => Promise<void>): Promise<void> => {
    const turn = queue.then(run);
    queue = turn.catch((error) => log(`indexer: ${error instanceof Error ? error.message : error}`));
    return turn;
  };
  const onLog = (line: string) => {
    appendFileSync(logFile, `${new Date().toISOString()} ${line}\n`);
    if (!NOISE.test(line)) log(`indexer: ${line}`);
  };
  const launch = async () => {
    if (!isOver && !current && holds === 0) current = await startIndexer({ ...options, onLog });
  };
  const end = async () => {
    const ending = current;
    current = undefined;
    await ending?.stop();
  };

  return {
    start: async () => {
      await inTurn(launch);
      await Promise.race([current?.ready, aborted(signal)]);
    },
    hold: () => {
      holds++;
      return inTurn(end);
    },
    release: () => {
      holds--;
      void inTurn(launch).catch(() => {});
    },
    stop: () => {
      isOver = true;
      return inTurn(end);
    },
  };
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
