import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createTestClient, type Hex, http, parseEther, publicActions, walletActions } from "viem";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { deployer, stranger } from "../../dev/accounts.ts";
import { type LocalChain, startChain } from "../../dev/chain.ts";
import { freePort } from "../../dev/process.ts";

let folder: string;
let chain: LocalChain;

const stateFile = () => path.join(folder, "avalanche.json");

async function start(): Promise<LocalChain> {
  const place = { chainId: 43114, port: await freePort(), hardfork: "cancun", blockTimeSec: 1, stateFile: stateFile() };
  chain = await startChain({ ...place, log: () => {} });
  await chain.followClock();
  return chain;
}

const clientOf = ({ rpcUrl }: LocalChain) =>
  createTestClient({ mode: "anvil", account: deployer, transport: http(rpcUrl), pollingInterval: 50, cacheTime: 0 })
    .extend(publicActions)
    .extend(walletActions);

async function pay(): Promise<Hex> {
  const client = clientOf(chain);
  const transfer = { to: stranger.address, value: parseEther("1"), chain: null };
  const { blockHash } = await client.waitForTransactionReceipt({ hash: await client.sendTransaction(transfer) });
  return blockHash;
}

const balance = () => clientOf(chain).getBalance({ address: stranger.address });
const nowSec = () => Math.floor(Date.now() / 1000);

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "turnpike-chain-"));
  await start();
});

afterEach(async () => {
  await chain.stop();
  rmSync(folder, { recursive: true, force: true });
});

it("follows the clock, never ahead of it, also when transactions come fast", async () => {
  for (let count = 0; count < 3; count++) await pay();
  const { timestamp } = await clientOf(chain).getBlock();
  expect(Number(timestamp)).toBeLessThanOrEqual(nowSec());
  expect(Number(timestamp)).toBeGreaterThan(nowSec() - 5);
});

it("keeps balances, blocks and their hashes over a restart, and goes on by the clock", async () => {
  const paidIn = await pay();
  const held = await balance();
  const { number } = await clientOf(chain).getBlock({ blockHash: paidIn });
  await chain.stop();
  await start();
  expect(await balance()).toBe(held);
  expect((await clientOf(chain).getBlock({ blockNumber: number })).hash).toBe(paidIn);
  const head = await clientOf(chain).getBlockNumber();
  await vi.waitFor(async () => expect(await clientOf(chain).getBlockNumber()).toBeGreaterThan(head), 5_000);
  const { timestamp } = await clientOf(chain).getBlock();
  expect(Math.abs(Number(timestamp) - nowSec())).toBeLessThanOrEqual(2);
});

it("is the same chain from its first block on, however often it restarts", async () => {
  const { hash } = await clientOf(chain).getBlock({ blockNumber: 0n });
  for (let restart = 0; restart < 4; restart++) {
    await chain.stop();
    await start();
    expect((await clientOf(chain).getBlock({ blockNumber: 0n })).hash).toBe(hash);
  }
  const { blocks } = JSON.parse(readFileSync(stateFile(), "utf8")) as { blocks: { header: { number: string } }[] };
  expect(blocks.filter(({ header }) => Number(header.number) === 0)).toHaveLength(1);
});

it("saves a payment soon after its block, so that a hard kill does not lose it", async () => {
  const copy = path.join(folder, "copy.json");
  await pay();
  const held = await balance();
  await vi.waitFor(
    async () => {
      copyFileSync(stateFile(), copy);
      const other = await startChain({
        ...{ chainId: 43114, port: await freePort(), blockTimeSec: 1, stateFile: copy, log: () => {} },
      });
      const kept = await clientOf(other).getBalance({ address: stranger.address });
      await other.stop();
      expect(kept).toBe(held);
    },
    { timeout: 5_000, interval: 200 },
  );
  process.kill(chain.pid, "SIGKILL");
  await chain.exited;
  await start();
  expect(await balance()).toBe(held);
});
