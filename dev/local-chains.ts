import { type Address, createPublicClient, erc20Abi, http, parseUnits } from "viem";
import { avalanche, base } from "../contracts/chains.ts";
import { merchant, payer, stranger } from "./accounts.ts";
import type { LocalChainOptions } from "./chain.ts";
import { type DemoToken, installDemoToken } from "./demo-token.ts";
import type { Settings } from "./settings.ts";
import { installUsdc } from "./usdc.ts";

export type LocalPlace = Omit<LocalChainOptions, "log"> & { name: string };

/** Avalanche runs Cancun and makes a block about every second. */
export const localAvalanche = ({ home, ports }: Settings): LocalPlace => ({
  name: "Avalanche",
  chainId: avalanche.id,
  port: ports.avalanche,
  hardfork: "cancun",
  stateFile: `${home}/avalanche.json`,
  blockTimeSec: 1,
});

/** Base makes a block every second, twice as often as the real one: whoever tries things out waits for each. */
export const localBase = ({ home, ports }: Settings): LocalPlace => ({
  name: "Base",
  chainId: base.id,
  port: ports.base,
  stateFile: `${home}/base.json`,
  blockTimeSec: 1,
});

/** The chains that are ours in this deployment. */
export const localPlaces = (settings: Settings): LocalPlace[] => [
  ...(settings.isDemo ? [localAvalanche(settings)] : []),
  ...(settings.hasLocalBase ? [localBase(settings)] : []),
];

const DEMO_TOKENS: readonly DemoToken[] = [
  { address: avalanche.tokens.ARENA as Address, name: "Arena", symbol: "ARENA" },
  { address: avalanche.tokens.GLADIUS as Address, name: "Gladius", symbol: "GLADIUS" },
];

const USDC_SHARES: readonly (readonly [Address, bigint])[] = [
  [payer.address, parseUnits("100000", 6)],
  [merchant.address, parseUnits("1000", 6)],
  [stranger.address, parseUnits("1000", 6)],
];

/** ERC-20s with permit at the real addresses of ARENA and GLADIUS, held by the test accounts. */
export async function installDemoTokens(rpcUrl: string, root: string): Promise<void> {
  for (const token of DEMO_TOKENS) await installDemoToken(rpcUrl, root, token);
}

/** Circle's code at USDC's address, and a share of it for each test account that has none yet. */
export async function installFundedUsdc(rpcUrl: string): Promise<void> {
  const usdc = await installUsdc({ transport: http(rpcUrl), mode: "anvil" });
  const client = createPublicClient({ transport: http(rpcUrl) });
  for (const [holder, amount] of USDC_SHARES) {
    const call = { address: usdc.address, abi: erc20Abi, functionName: "balanceOf", args: [holder] } as const;
    if ((await client.readContract(call)) === 0n) await usdc.mint(holder, amount);
  }
}
