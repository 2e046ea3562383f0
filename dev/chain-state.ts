import { mkdirSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { writeAtomically } from "./atomic-file.ts";
import { rpc } from "./rpc.ts";

export type KeptState = {
  /** Writes the last state and ends the watch. */
  stop(): Promise<void>;
};

type Options = { rpcUrl: string; file: string; blockTimeSec: number };

const TICK_MS = 500;
/** Above this, a dump would too often have a block mined into its middle. */
const SLOW_DUMP_MS = 300;

/**
 * Writes a chain's state to `file` soon after each block that holds a transaction, and now and then without, so that a
 * hard kill loses little. A dump grows with the chain (1.5 kB a block), so the pauses grow with what it costs.
 */
export async function keepState(options: Options): Promise<KeptState> {
  mkdirSync(path.dirname(options.file), { recursive: true });
  const saver = createSaver(options);
  await saver.save();
  let stopped = false;
  let wake = () => {};
  const watch = (async () => {
    while (!stopped) {
      await new Promise<void>((resolve) => {
        wake = resolve;
        setTimeout(resolve, TICK_MS);
      });
      // A chain that was killed answers nothing; whoever starts it again starts a new watch.
      if (!stopped) await saver.saveWhenDue().catch(() => {});
    }
  })();
  return {
    stop: async () => {
      stopped = true;
      wake();
      await watch;
      await saver.save();
    },
  };
}

function createSaver({ rpcUrl, file, blockTimeSec }: Options) {
  let savedBlock = -1;
  let seenBlock = -1;
  let isDirty = false;
  let savedAt = 0;
  let costMs = 0;

  const head = async () => Number(await rpc<string>(rpcUrl, "eth_blockNumber"));

  async function dump(): Promise<Buffer> {
    if (costMs <= SLOW_DUMP_MS) return readDump(rpcUrl);
    await rpc(rpcUrl, "evm_setIntervalMining", [0]);
    try {
      return await readDump(rpcUrl);
    } finally {
      await rpc(rpcUrl, "evm_setIntervalMining", [blockTimeSec]);
    }
  }

  /** Blocks and balances are read one after the other: a dump with a block mined meanwhile does not count. */
  async function save(): Promise<void> {
    for (;;) {
      const startedAt = Date.now();
      const before = await head();
      const state = await dump();
      costMs = Date.now() - startedAt;
      if ((await head()) !== before) continue;
      await writeAtomically(file, state);
      savedBlock = before;
      seenBlock = before;
      isDirty = false;
      savedAt = Date.now();
      return;
    }
  }

  async function saveWhenDue(): Promise<void> {
    const latest = await head();
    while (!isDirty && seenBlock < latest) {
      seenBlock++;
      const count = await rpc<string>(rpcUrl, "eth_getBlockTransactionCountByNumber", [`0x${seenBlock.toString(16)}`]);
      isDirty = Number(count) > 0;
    }
    const pauseMs = isDirty ? costMs * 4 : Math.max(5_000, costMs * 40);
    if (latest !== savedBlock && Date.now() - savedAt >= pauseMs) await save();
  }

  return { save, saveWhenDue };
}

async function readDump(rpcUrl: string): Promise<Buffer> {
  const compressed = await rpc<string>(rpcUrl, "anvil_dumpState");
  return promisify(gunzip)(Buffer.from(compressed.slice(2), "hex"));
}
