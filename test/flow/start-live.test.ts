import { chmodSync, existsSync, mkdtempSync, readFileSync } from "node:fs";
import path from "node:path";
import { type Abi, createWalletClient, type Hex, http, publicActions } from "viem";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";
import { deployer, payer, privateKeyOf, settler } from "../../dev/accounts.ts";
import { type Anvil, startAnvil } from "../../dev/anvil.ts";
import { payingFetch } from "../../dev/paid-fetch.ts";
import { ended } from "../../dev/process.ts";
import { payerNo, startTestBase } from "../indexer/base.ts";
import { freshDatabase } from "../support/database.ts";
import { sendText } from "./line-holder.ts";
import { demolish, type Home, newHome, spawnStart, start, stopCleanly } from "./started.ts";

/** Stands in for the real chain: to the start it is an RPC URL like any other. */
let chain: Anvil;
let gateway: { address: string; block: string };
let home: Home;
let live: NodeJS.ProcessEnv;

beforeAll(async () => {
  chain = await startAnvil({ chainId: 43114, hardfork: "cancun" });
  gateway = await deploy();
});

beforeEach(async () => {
  const folder = mkdtempSync(path.join("/var/tmp", "turnpike-live-"));
  chmodSync(folder, 0o755);
  home = await newHome(folder);
  live = {
    AVALANCHE_RPC_URL: chain.rpcUrl,
    DATABASE_URL: await freshDatabase(inject("pgUrl")),
    GATEWAY_ADDRESS: gateway.address,
    GATEWAY_START_BLOCK: gateway.block,
  };
  return () => demolish(home);
});

afterAll(() => chain.stop());

async function deploy(): Promise<{ address: string; block: string }> {
  const artifact = JSON.parse(readFileSync("artifacts/contracts/PaymentGateway.sol/PaymentGateway.json", "utf8"));
  const { abi, bytecode } = artifact as { abi: Abi; bytecode: Hex };
  const client = createWalletClient({ account: deployer, transport: http(chain.rpcUrl) }).extend(publicActions);
  const args = [deployer.address, deployer.address, 100];
  const hash = await client.deployContract({ abi, bytecode, args, chain: null });
  const receipt = await client.waitForTransactionReceipt({ hash, pollingInterval: 50 });
  return { address: receipt.contractAddress as string, block: String(receipt.blockNumber) };
}

/** Runs a start that is expected to give up, and returns what it says. */
async function refusal(env: NodeJS.ProcessEnv): Promise<string> {
  const { child, output } = spawnStart({ ...home, env: { ...home.env, ...env } });
  await ended(child);
  expect(child.exitCode).toBe(1);
  return output();
}

describe("npm start beside a real chain and a database of the operator's", () => {
  it("starts only indexer and API, with no test key and no demo data", async () => {
    const started = await start({ ...home, env: { ...home.env, ...live } });
    const { api, indexer } = started.dev;
    expect(started.dev).toEqual({ api, indexer, chains: {} });
    expect((await fetch(`${api}/readyz`)).status).toBe(200);
    const unsold = await fetch(`${api}/api/v1/sms/send`, { method: "POST" });
    expect([unsold.status, await unsold.json()]).toEqual([503, expect.objectContaining({ error: "not_offered" })]);
    for (const local of ["postgres", "avalanche.json", "base.json", "demo-apis.json"])
      expect(existsSync(path.join(home.folder, local)), local).toBe(false);
    expect(await nonceOf(payer.address)).toBe(0);
    await stopCleanly(started, ["api", "indexer"]);
  });

  it("sells per call on a real Base, settled by the operator's key", async () => {
    const onBase = await startTestBase();
    const { address, startBlock } = onBase.receiver;
    const selling = {
      BASE_RPC_URL: onBase.rpcUrl,
      RECEIVER_ADDRESS: address,
      RECEIVER_START_BLOCK: String(startBlock),
      SETTLER_KEY: privateKeyOf(settler),
      PHONE_CARRIER: "sandbox",
    };
    try {
      const started = await start({ ...home, env: { ...home.env, ...live, ...selling } });
      const { api, indexer } = started.dev;
      expect(started.dev).toEqual({ api, indexer, chains: {} });
      const { ok, body } = await sendText(payingFetch(payerNo(1), fetch), started.dev, "for real");
      expect(ok, JSON.stringify(body)).toBe(true);
      expect(await onBase.client.readContract({ ...onBase.usdc, functionName: "balanceOf", args: [address] })).toBe(
        50_000n,
      );
      await stopCleanly(started, ["api", "indexer"]);
    } finally {
      await onBase.stop();
    }
  });

  it("refuses an RPC URL of another chain", async () => {
    const other = await startAnvil({ chainId: 8453 });
    try {
      expect(await refusal({ ...live, AVALANCHE_RPC_URL: other.rpcUrl })).toContain("serves chain 8453");
    } finally {
      await other.stop();
    }
  });

  it("says how to name a gateway that nobody deployed from here", async () => {
    const { GATEWAY_ADDRESS, ...nameless } = live;
    expect(await refusal({ ...nameless, IGNITION_DEPLOYMENT: "none" })).toContain("or set GATEWAY_ADDRESS");
  });

  it("does not let the local chain take the place of the real one in its database", async () => {
    const env = { ...home.env, DATABASE_URL: live.DATABASE_URL };
    await stopCleanly(await start({ ...home, env: { ...home.env, ...live } }), ["api", "indexer"]);
    expect(await refusal(env)).toContain("holds the index of another chain");
  });
});

async function nonceOf(address: Hex): Promise<number> {
  return createWalletClient({ transport: http(chain.rpcUrl) })
    .extend(publicActions)
    .getTransactionCount({ address });
}
