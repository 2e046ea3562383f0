import { network } from "hardhat";
import type { Address } from "viem";
import { avalanche } from "../../contracts/chains.ts";
import { rpc } from "../../dev/rpc.ts";

/** Name and version of what stands at ARENA's address on a fork; its source is ours, the address is the real one. */
export const ARENA_DOMAIN = { name: "Arena", version: "1" } as const;

/**
 * A chain forked from `url`. A URL that does not answer is an error: whoever names a fork wants that fork, and a test
 * that skips would call it good.
 */
export async function forkOf(url: string) {
  // Asked first, because Hardhat tries a dead URL for more than a minute before it says so.
  const chainId = Number(await rpc<string>(url, "eth_chainId"));
  if (chainId !== avalanche.id) throw new Error(`AVALANCHE_RPC_URL serves chain ${chainId} instead of ${avalanche.id}`);
  const connection = await network.create({ network: "avalanche", override: { forking: { url } } });
  const { viem, networkHelpers } = connection;
  const client = await viem.getPublicClient();
  return {
    ...connection,
    client,
    /** Puts an ERC-20 with permit at `address`: code and storage of a fresh one. */
    installToken: async (address: Address) => {
      const fresh = await viem.deployContract("DemoToken", ["Arena", "ARENA"]);
      await networkHelpers.setCode(address, (await client.getCode({ address: fresh.address })) ?? "0x");
      for (let slot = 0; slot < 8; slot++) {
        const value = await client.getStorageAt({ address: fresh.address, slot: `0x${slot.toString(16)}` });
        await networkHelpers.setStorageAt(address, slot, value ?? 0n);
      }
      return viem.getContractAt("DemoToken", address);
    },
  };
}

/** The chain to fork: the real one where the environment names it, else one in this process that stands in for it. */
export async function chainToFork(): Promise<{ url: string; isReal: boolean; close(): Promise<void> }> {
  const [url] = (process.env.AVALANCHE_RPC_URL ?? "").split(",");
  if (url) return { url, isReal: true, close: async () => {} };
  const standIn = await network.createServer("avalanche", "127.0.0.1");
  const { address, port } = await standIn.listen();
  return { url: `http://${address}:${port}`, isReal: false, close: () => standIn.close() };
}
