import { existsSync } from "node:fs";
import { type Anvil, startAnvil } from "./anvil.ts";
import { keepState } from "./chain-state.ts";
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
 * A local chain that lives on in `stateFile`. A new one mines a block per transaction until `followClock`, so that
 * setting it up takes no time; its blocks lie in the past, for block time must never run ahead of the clock (x402
 * authorizations would look expired). Block hashes survive a restart, so an index of the chain stays good.
 */
export async function startChain(options: LocalChainOptions): Promise<LocalChain> {
  const { chainId, port, hardfork, stateFile, blockTimeSec, log } = options;
  const isNew = !existsSync(stateFile);
  const anvil = await startAnvil({
    chainId,
    port,
    stateFile,
    onLog: log,
    ...(hardfork ? { hardfork } : {}),
    ...(isNew ? { genesisTimeSec: now() - SET_UP_SEC } : { blockTimeSec }),
  });
  const { rpcUrl } = anvil;
  let kept: Awaited<ReturnType<typeof keepState>> | undefined;
  return {
    ...anvil,
    followClock: async () => {
      if (isNew) {
        await rpc(rpcUrl, "evm_setTime", [now()]);
        await rpc(rpcUrl, "evm_setIntervalMining", [blockTimeSec]);
      }
      kept = await keepState({ rpcUrl, file: stateFile, blockTimeSec });
    },
    stop: async () => {
      // A chain that died meanwhile has nothing left to save.
      await kept?.stop().catch(() => {});
      await anvil.stop();
    },
  };
}

const now = () => Math.floor(Date.now() / 1000);
