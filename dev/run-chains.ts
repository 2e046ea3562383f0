import type { Deployment } from "../contracts/deployment.ts";
import { type LocalChain, startChain } from "./chain.ts";
import { deployLocally } from "./deploy.ts";
import type { Kept, Running } from "./keep-alive.ts";
import type { KeptIndexer } from "./kept-indexer.ts";
import { installDemoTokens, installFundedUsdc, type LocalPlace, localAvalanche, localBase } from "./local-chains.ts";
import { installMulticall3 } from "./multicall3.ts";
import { run, type Tools } from "./parts.ts";
import { rpc } from "./rpc.ts";

/** Those who remember blocks of the local chains, once they run. */
export type Readers = { indexer?: KeptIndexer; api?: Kept<Running> };

/** A local Avalanche with the gateway and tokens to pay with. */
export async function runAvalanche(tools: Tools, readers: Readers): Promise<Deployment> {
  const { settings, progress, watch } = tools;
  const place = localAvalanche(settings);
  const { rpcUrl, followClock } = await progress.step("Avalanche (local)", () => runChain(tools, place, readers));
  const gateway = await progress.step("Payment gateway (compiled once)", () =>
    deployLocally({ contract: "gateway", chainId: place.chainId, rpcUrl, settings, signal: watch.signal }),
  );
  await progress.step("Demo tokens", () => installDemoTokens(rpcUrl, settings.root));
  await followClock();
  return gateway;
}

/** A local Base with USDC, the receiver of payments per call, and what facilitators expect of any chain. */
export async function runBase(tools: Tools, readers: Readers): Promise<Deployment> {
  const { settings, progress, watch } = tools;
  const place = localBase(settings);
  const { rpcUrl, followClock } = await progress.step("Base (local)", () => runChain(tools, place, readers));
  await progress.step("USDC", async () => {
    await installFundedUsdc(rpcUrl);
    await installMulticall3(rpcUrl);
  });
  const receiver = await progress.step("Settlement receiver", () =>
    deployLocally({ contract: "receiver", chainId: place.chainId, rpcUrl, settings, signal: watch.signal }),
  );
  await followClock();
  return receiver;
}

async function runChain(tools: Tools, place: LocalPlace, readers: Readers): Promise<LocalChain> {
  const { log } = tools.progress;
  const relaunch = async () => {
    // An indexer that watched the chain shrink could not tell what is gone from what is late. And the API remembers
    // payments and transactions of its own that it saw.
    await readers.indexer?.hold();
    return relaunchChain(tools, place).finally(() => {
      readers.indexer?.release();
      void readers.api?.restart();
    });
  };
  const launch = (life: number) => (life === 0 ? startChain({ ...place, log }) : relaunch());
  return (await run(tools, { name: place.name.toLowerCase(), launch })).first;
}

async function relaunchChain({ progress }: Tools, place: LocalPlace): Promise<LocalChain> {
  const chain = await startChain({ ...place, log: progress.log });
  await chain.followClock().catch(async (error) => {
    await chain.stop();
    throw error;
  });
  const block = Number(await rpc<string>(chain.rpcUrl, "eth_blockNumber"));
  progress.log(
    `${place.name} goes on from block ${block}; what it had mined after its last save, if anything, is lost`,
  );
  return chain;
}
