import { network } from "hardhat";
import type { Address } from "viem";
import { avalanche, base, type Chain } from "../../contracts/chains.ts";
import { rpc } from "../../dev/rpc.ts";

/** Name and version of what stands at ARENA's address on a fork; its source is ours, the address is the real one. */
export const ARENA_DOMAIN = { name: "Arena", version: "1" } as const;

/** What Hardhat's configuration calls the chains that are forked. */
const NETWORKS = { [avalanche.id]: "avalanche", [base.id]: "base" } as const;

const networkOf = ({ id }: Chain) => NETWORKS[id as keyof typeof NETWORKS];

/**
 * `chain` forked from `url`. A URL that does not answer is an error: whoever names a fork wants that fork, and a test
 * that skips would call it good.
 */
export async function forkOf(chain: Chain, url: string) {
  // Asked first, because Hardhat tries a dead URL for more than a minute before it says so.
  const chainId = Number(await rpc<string>(url, "eth_chainId"));
  if (chainId !== chain.id) throw new Error(`${chain.rpcVariable} serves chain ${chainId} instead of ${chain.id}`);
  const { viem, ignition, networkHelpers, provider } = await network.create({
    // The chains differ in what a client of theirs can do beside; here they all do the same.
    network: networkOf(chain) as "avalanche",
    override: { forking: { url } },
  });
  const client = await viem.getPublicClient();
  return {
    ...{ viem, ignition, networkHelpers, provider, client },
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

export type Forked = { url: string; isReal: boolean; close(): Promise<void> };

/**
 * The chain to fork: the real one where the environment names it, else one in this process that stands in for it, made
 * ready by `prepare`.
 */
export async function chainToFork(chain: Chain, prepare = async (_url: string): Promise<void> => {}): Promise<Forked> {
  const [named] = (process.env[chain.rpcVariable] ?? "").split(",");
  if (named) return { url: named, isReal: true, close: async () => {} };
  const standIn = await network.createServer(networkOf(chain), "127.0.0.1");
  const { address, port } = await standIn.listen();
  const url = `http://${address}:${port}`;
  await prepare(url);
  return { url, isReal: false, close: () => standIn.close() };
}
