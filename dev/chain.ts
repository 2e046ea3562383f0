import { existsSync, mkdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { type Anvil, startAnvil } from "./anvil.ts";
import { writeAtomically } from "./atomic-file.ts";
import { type KeptState, keepState } from "./chain-state.ts";
import { rpc } from "./rpc.ts";

export type LocalChain = Anvil & {
  /** From here on blocks come by the clock and the state is kept; call it once, after what must be there is deployed. */
  followClock(): Promise<void>;
};

export type LocalChainOptions = {
  chainId: number;
  port: number;
  hardfork?: string;
  stateFile: string;
  blockTimeSec: number;
  log: (line: string) => void;
};

/** How far in the past a new chain begins: room for the set-up's blocks, which are a second apart at least. */
const SET_UP_SEC = 600;

/**
 * A local chain that lives on in `stateFile`. Until `followClock` it mines a block per transaction, so that setting it
 * up takes no time; a new one does so in the past, for block time must never run ahead of the clock (x402
 * authorizations would look expired). Block hashes survive a restart, so an index of the chain stays good.
 */
export async function startChain(options: LocalChainOptions): Promise<LocalChain> {
  const { chainId, port, hardfork, stateFile, blockTimeSec, log } = options;
  const anvil = await startAnvil({
    chainId,
    port,
    stateFile,
    genesisTimeSec: await genesisTimeSec(stateFile),
    onLog: log,
    ...(hardfork ? { hardfork } : {}),
  });
  const { rpcUrl } = anvil;
  let kept: KeptState | undefined;
  return {
    ...anvil,
    followClock: async () => {
      await rpc(rpcUrl, "evm_setTime", [nowSec()]);
      await rpc(rpcUrl, "evm_setIntervalMining", [blockTimeSec]);
      kept = await keepState({ rpcUrl, file: stateFile, blockTimeSec });
    },
    stop: async () => {
      // A chain that died meanwhile has nothing left to save.
      await kept?.stop().catch(() => {});
      await anvil.stop();
    },
  };
}

/**
 * Block 0 of a loaded chain must be made at the time of the first: anvil makes one anyway, keeps both, and after the
 * next save and load it may serve the wrong one, which looks like another chain.
 */
async function genesisTimeSec(stateFile: string): Promise<number> {
  const file = `${stateFile}.genesis`;
  if (existsSync(stateFile) && existsSync(file)) return Number(readFileSync(file, "utf8"));
  const begin = nowSec() - SET_UP_SEC;
  mkdirSync(path.dirname(file), { recursive: true });
  await writeAtomically(file, String(begin));
  return begin;
}

const nowSec = () => Math.floor(Date.now() / 1000);
