import { chmodSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { avalanche } from "../../contracts/chains.ts";
import { merchant } from "../../dev/accounts.ts";
import { ended } from "../../dev/process.ts";
import { browserFetch } from "../support/browser.ts";
import { lineHolder, receivedUsdc, sendText } from "./line-holder.ts";
import {
  buy,
  demolish,
  type Home,
  killAndAwait,
  newHome,
  runDev,
  type Started,
  seedAgent,
  spawnStart,
  start,
  stopCleanly,
} from "./started.ts";

let home: Home;
let started: Started;
/** A session that was paid once and must unlock through everything that follows. */
let paid: { url: string; sessionId: string };
/** Lines that were paid once and must be held through everything that follows. */
let held: string[] = [];

const PARTS = ["postgres", "avalanche", "base", "indexer", "upstream", "supplier", "api"];
const quote = { status: 200, content_type: expect.stringContaining("json"), body: { pair: "AVAX/USD" } };

async function createApi(validForSec: number): Promise<string> {
  const response = await fetch(`${started.dev.api}/api/402/apis`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      p_api_url: `http://127.0.0.1:${home.env.UPSTREAM_PORT}/quote`,
      p_merchant_wallet: merchant.address,
      p_token_address: avalanche.tokens.AVAX,
      p_amount_wei: "1000000000000000",
      p_valid_for_sec: validForSec,
      p_chain_id: 43114,
    }),
  });
  const { apiId } = (await response.json()) as { apiId: string };
  return `${started.dev.api}/api/${apiId}`;
}

const present = (url: string, sessionId: string) => fetch(url, { headers: { "X-402-Session": sessionId } });

async function expectStillSelling(): Promise<void> {
  expect(await seedAgent(started.dev, started.dev.apis?.avax as string)).toMatchObject(quote);
  expect((await present(paid.url, paid.sessionId)).status).toBe(200);
  const { paidFetch, lines } = lineHolder(started.dev, "payer");
  const sent = await sendText(paidFetch, started.dev, "still selling");
  expect(sent.ok, `${JSON.stringify(sent.body)}\n${started.output()}`).toBe(true);
  expect(await lines()).toEqual(held);
}

beforeAll(async () => {
  // Postgres runs as another user when the tests run as root, and must be able to walk here.
  const folder = mkdtempSync(path.join("/var/tmp", "turnpike-flow-"));
  chmodSync(folder, 0o755);
  home = await newHome(folder);
  started = await start(home);
  const url = await createApi(3_600);
  paid = { url, sessionId: await buy(started.dev, url) };
}, 240_000);

afterAll(async () => {
  started.child.kill("SIGINT");
  await ended(started.child);
  await demolish(home);
});

describe("npm start on a bare machine", () => {
  it("sells to the documents' sample agent: 402, pay, 200 with the upstream's body", async () => {
    expect(await seedAgent(started.dev, started.dev.apis?.avax as string)).toMatchObject(quote);
  });

  it("tells in dev.json all that other programs need", () => {
    const { dev } = started;
    expect(dev.api).toBe(`http://127.0.0.1:${home.env.PORT}`);
    expect(Object.keys(dev.chains["43114"]?.tokens ?? {})).toEqual(["ARENA", "GLADIUS"]);
    expect(dev.chains["8453"]?.usdc).toBe("0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913");
    expect(dev.chains["8453"]?.receiver).toMatch(/^0x[0-9a-fA-F]{40}$/);
    expect(Object.keys(dev.apis ?? {})).toEqual(["avax", "erc20", "permit"]);
    expect(Object.keys(dev.keys ?? {})).toEqual(["payer", "merchant", "stranger"]);
  });

  it("refuses a second start on the same home, and says why", async () => {
    const second = spawnStart(home);
    await ended(second.child);
    expect(second.child.exitCode).toBe(1);
    expect(second.output()).toContain("already running");
    expect(existsSync(path.join(home.folder, "dev.json"))).toBe(true);
  });

  it("names the variable of a port that is taken", async () => {
    const folder = mkdtempSync(path.join("/var/tmp", "turnpike-flow-"));
    const other = await newHome(folder);
    const second = spawnStart({ folder, env: { ...other.env, INDEXER_PORT: home.env.INDEXER_PORT } });
    await ended(second.child);
    expect(second.output()).toContain("Set INDEXER_PORT to a free one");
    rmSync(folder, { recursive: true, force: true });
  });

  it("lets a session run out, says so, and sells it again", async () => {
    const url = await createApi(3);
    const sessionId = await buy(started.dev, url);
    const expired = await vi.waitFor(
      async () => {
        const response = await present(url, sessionId);
        expect(response.status).toBe(402);
        return (await response.json()) as { code: string; data: { session_id: string }; meta: object };
      },
      { timeout: 15_000, interval: 200 },
    );
    expect(expired).toMatchObject({ code: "session_expired", meta: { previous_session: sessionId } });
    expect(expired.data.session_id).not.toBe(sessionId);
    const again = await buy(started.dev, url);
    expect(again).not.toBe(sessionId);
  });
});

describe("payments per call", () => {
  it.each([
    { client: "@x402/fetch", args: [] },
    { client: "x402-fetch 1.2.0", args: ["--v1"] },
  ])(
    "npm run demo:x402 buys lines here and abroad and a text for 200.05 USDC with $client",
    async ({ client, args }) => {
      const before = await receivedUsdc(started.dev);
      const output = await runDev(home, "demo-x402.ts", ...args);
      expect(output).toContain(client);
      expect(output).toContain('"status":"delivered"');
      expect((await receivedUsdc(started.dev)) - before).toBe(200_050_000n);
      const lines = await lineHolder(started.dev, "payer").lines();
      const bought = lines.filter((line) => !held.includes(line)).sort();
      expect(bought).toEqual([
        expect.stringMatching(/^\+1\d{3}55501\d\d$/),
        expect.stringMatching(/^\+447700900\d{3}$/),
      ]);
      // The first answer of each tells it, before there is a sign-in.
      const untilSignIn = output.slice(0, output.indexOf("Sign in with the wallet"));
      for (const line of bought) expect(untilSignIn).toContain(`"phoneNumber":"${line}"`);
      held = lines;
    },
  );

  it("lines are their buyer's: another wallet does not see them", async () => {
    expect(held).toHaveLength(4);
    expect(await lineHolder(started.dev, "stranger").lines()).toEqual([]);
  });

  it("a page in a browser can buy, too", async () => {
    const { paidFetch } = lineHolder(started.dev, "stranger", browserFetch);
    expect((await sendText(paidFetch, started.dev, "from a page")).ok).toBe(true);
  });
});

describe("deposit first", () => {
  it.each([
    { client: "@x402/fetch", args: [] },
    { client: "x402-fetch 1.2.0", args: ["--v1"] },
  ])(
    "npm run demo:deposit tops up, gets a code, cancels and has its money back with $client",
    async ({ client, args }) => {
      const before = await receivedUsdc(started.dev);
      const output = await runDev(home, "demo-deposit.ts", ...args);
      expect(output).toContain(client);
      expect(output).toMatch(/the code is \d{6}/);
      expect(output).toContain("the balance is $4.95 again");
      expect((await receivedUsdc(started.dev)) - before).toBe(5_000_000n);
    },
  );

  it("npm run reconcile finds every transfer to the receiver in the ledger, after all demos", async () => {
    const output = await runDev(home, "reconcile.ts");
    expect(output).toContain("reached the receiver");
  });
});

describe("a process killed with -9", () => {
  it.each(PARTS)("comes back, and nothing is lost: %s", { timeout: 240_000 }, async (name) => {
    await killAndAwait(started, name);
    await expectStillSelling();
  });

  it("also when it takes a block with a payment along, which was not saved yet", async () => {
    // While the start stands still it saves nothing.
    started.child.kill("SIGSTOP");
    await buy(started.dev, paid.url);
    const restarted = killAndAwait(started, "avalanche");
    started.child.kill("SIGCONT");
    await restarted;
    await buy(started.dev, paid.url);
    expect((await present(paid.url, paid.sessionId)).status).toBe(200);
  });
});

describe("stopping and starting again", () => {
  it("leaves no process and no dev.json, and then sells as before", async () => {
    await stopCleanly(started, PARTS);
    expect(existsSync(path.join(home.folder, "dev.json"))).toBe(false);
    const { apis } = started.dev;
    started = await start(home);
    expect(started.dev.apis).toEqual(apis);
    await expectStillSelling();
  });

  it("sells on a Base that was reset: the index is built anew", async () => {
    await stopCleanly(started, PARTS);
    for (const file of ["base.json", "base.json.genesis"]) rmSync(path.join(home.folder, file));
    started = await start(home);
    expect(started.output()).toContain("building it again");
    expect(await seedAgent(started.dev, started.dev.apis?.avax as string)).toMatchObject(quote);
    const { paidFetch } = lineHolder(started.dev, "payer");
    expect((await sendText(paidFetch, started.dev, "a new chain")).ok).toBe(true);
    held = await lineHolder(started.dev, "payer").lines();
  });

  it("works after the start itself was killed with -9", async () => {
    started.child.kill("SIGKILL");
    await ended(started.child);
    started = await start(home);
    expect(started.output()).toContain("left running");
    await expectStillSelling();
  });
});
