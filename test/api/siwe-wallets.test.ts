import { readFileSync } from "node:fs";
import {
  type Abi,
  type Address,
  concatHex,
  createWalletClient,
  encodeDeployData,
  getCreate2Address,
  type Hex,
  http,
  publicActions,
  serializeErc6492Signature,
  zeroHash,
} from "viem";
import { mnemonicToAccount } from "viem/accounts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ChainReader, openChain } from "../../api/providers/chain.ts";
import { avalanche, base } from "../../contracts/chains.ts";
import { deployer } from "../../dev/accounts.ts";
import { type Anvil, startAnvil } from "../../dev/anvil.ts";
import { createWorld, type World } from "../world.ts";
import { present } from "./support/wallet.ts";

/** Anvil has it, as every real chain: deploys what it is sent, at an address that follows from it. */
const FACTORY: Address = "0x4e59b44847b379578588920cA78FbF26c0B4956C";
const MOODS = { honest: 0, boastful: 1, reverting: 2, endless: 3 } as const;

/** The wallet's key, which is the address of no wallet here. */
const key = mnemonicToAccount("test test test test test test test test test test test junk", { addressIndex: 9 });

let world: World;
let anvil: Anvil;
const artifact = JSON.parse(readFileSync("artifacts/test/mocks/SignInWallet.sol/SignInWallet.json", "utf8")) as {
  abi: Abi;
  bytecode: Hex;
};

beforeAll(async () => {
  anvil = await startAnvil({ chainId: 8453 });
  world = await createWorld();
  const chains = world.server.deps.chains as Map<number, ChainReader>;
  chains.set(8453, openChain(base, [anvil.rpcUrl]));
});

afterAll(async () => {
  await world?.close();
  await anvil?.stop();
});

const creationCode = (mood: number): Hex => encodeDeployData({ ...artifact, args: [key.address, mood] });
const addressOf = (mood: number): Address =>
  getCreate2Address({ from: FACTORY, salt: zeroHash, bytecode: creationCode(mood) });
const factoryCall = (mood: number): Hex => concatHex([zeroHash, creationCode(mood)]);

async function deployed(mood: number): Promise<Address> {
  const client = createWalletClient({ account: deployer, transport: http(anvil.rpcUrl) }).extend(publicActions);
  const address = addressOf(mood);
  if (await client.getCode({ address })) return address;
  const hash = await client.sendTransaction({ to: FACTORY, data: factoryCall(mood), chain: null });
  await client.waitForTransactionReceipt({ hash, pollingInterval: 50 });
  return address;
}

async function messageFor(address: Address, chainId = 8453): Promise<string> {
  const { body } = await world.ask(`/api/v1/auth/siwe?address=${address}&chainId=${chainId}`);
  return body.message;
}

const wrapped = (signature: Hex, mood: number): Hex =>
  serializeErc6492Signature({ address: FACTORY, data: factoryCall(mood), signature });

describe("a wallet whose contract is not deployed yet (ERC-6492)", () => {
  it("signs in, and stays undeployed", async () => {
    const address = addressOf(MOODS.honest);
    const message = await messageFor(address);
    const answer = await present(world, message, wrapped(await key.signMessage({ message }), MOODS.honest));
    expect([answer.status, answer.body.address]).toEqual([200, address]);
    const client = createWalletClient({ transport: http(anvil.rpcUrl) }).extend(publicActions);
    expect(await client.getCode({ address })).toBeUndefined();
  });

  it("does not sign in by a signature of another key", async () => {
    const message = await messageFor(addressOf(MOODS.honest));
    const forged = wrapped(await deployer.signMessage({ message }), MOODS.honest);
    expect((await present(world, message, forged)).status).toBe(401);
  });

  it("does not sign in without its wrapping, nor by a factory that builds another", async () => {
    for (const wrap of [(bare: Hex) => bare, (bare: Hex) => wrapped(bare, MOODS.boastful)]) {
      const message = await messageFor(addressOf(MOODS.honest));
      expect((await present(world, message, wrap(await key.signMessage({ message })))).status).toBe(401);
    }
  });

  it("does not let a wrapping stand for an address with a key", async () => {
    const message = await messageFor(deployer.address);
    const forged = wrapped(await key.signMessage({ message }), MOODS.honest);
    expect((await present(world, message, forged)).status).toBe(401);
  });
});

describe("a wallet that is a contract (ERC-1271)", () => {
  it("signs in by its key, wrapped or not, and holds on its own chain only", async () => {
    const address = await deployed(MOODS.honest);
    for (const wrap of [(bare: Hex) => bare, (bare: Hex) => wrapped(bare, MOODS.honest)]) {
      const message = await messageFor(address);
      const answer = await present(world, message, wrap(await key.signMessage({ message })));
      expect([answer.status, answer.body.address]).toEqual([200, address]);
    }
    const { rows } = await world.server.deps.db.pool.query(
      "select distinct is_contract, chain_id from app.sign_in where address = $1",
      [address],
    );
    expect(rows).toEqual([{ is_contract: true, chain_id: 8453 }]);
  });

  it("does not sign in on a chain where it is not", async () => {
    const chains = world.server.deps.chains as Map<number, ChainReader>;
    const fake = chains.get(43114) as ChainReader;
    const other = await startAnvil({ chainId: 43114 });
    chains.set(43114, openChain(avalanche, [other.rpcUrl]));
    try {
      const message = await messageFor(await deployed(MOODS.honest), 43114);
      expect((await present(world, message, await key.signMessage({ message }))).status).toBe(401);
    } finally {
      chains.set(43114, fake);
      await other.stop();
    }
  });

  it.each(["boastful", "reverting", "endless"] as const)("does not sign in when it is %s", async (mood) => {
    const message = await messageFor(await deployed(MOODS[mood]));
    const answer = await present(world, message, await key.signMessage({ message }));
    expect([answer.status, answer.body.error]).toEqual([401, "invalid_signature"]);
  });
});

describe("a key whose account runs a wallet's code (EIP-7702)", () => {
  it("signs in by itself, whatever the code says, and on every chain", async () => {
    const owner = mnemonicToAccount("test test test test test test test test test test test junk", { addressIndex: 8 });
    const client = createWalletClient({ account: owner, transport: http(anvil.rpcUrl) }).extend(publicActions);
    const contractAddress = await deployed(MOODS.reverting);
    const authorization = await client.signAuthorization({ contractAddress, executor: "self", chainId: 8453 });
    const hash = await client.sendTransaction({ authorizationList: [authorization], to: key.address, chain: null });
    await client.waitForTransactionReceipt({ hash, pollingInterval: 50 });
    expect(await client.getCode({ address: owner.address })).toMatch(/^0xef0100/);
    const message = await messageFor(owner.address);
    expect((await present(world, message, await owner.signMessage({ message }))).status).toBe(200);
  });
});

describe("a shop that takes payments on Base", () => {
  it("names Base by default: that is where its buyers are known", async () => {
    const receiver = { RECEIVER_ADDRESS: FACTORY, RECEIVER_START_BLOCK: "1", BASE_RPC_URL: "http://127.0.0.1:1" };
    const shop = await createWorld({ ...receiver, SETTLER_KEY: "11".repeat(32) });
    const { body } = await shop.ask(`/api/v1/auth/siwe?address=${key.address}`);
    await shop.close();
    expect(body.message).toContain("Chain ID: 8453");
  });
});
