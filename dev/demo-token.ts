import { readFileSync } from "node:fs";
import {
  type Abi,
  type Address,
  createTestClient,
  erc20Abi,
  type Hex,
  http,
  numberToHex,
  parseAbi,
  parseEther,
  publicActions,
  walletActions,
} from "viem";
import { deployer, merchant, payer, stranger } from "./accounts.ts";

export type DemoToken = { address: Address; name: string; symbol: string };

/** DemoToken's own variables and those of what it inherits end before this slot. */
const SLOTS = 8;
const SHARE = parseEther("1000000");
const mintAbi = parseAbi(["function mint(address to, uint256 amount)"]);

/** Makes sure that an ERC-20 with permit stands at a real token's address and that the test accounts hold it. */
export async function installDemoToken(rpcUrl: string, root: string, token: DemoToken): Promise<void> {
  const client = connect(rpcUrl);
  const { address } = token;
  if (!(await client.getCode({ address }))) await copyInto(client, artifact(root), token);
  for (const { address: holder } of [payer, merchant, stranger]) {
    const held = await client.readContract({ address, abi: erc20Abi, functionName: "balanceOf", args: [holder] });
    if (held > 0n) continue;
    const call = { address, abi: mintAbi, functionName: "mint", args: [holder, SHARE], chain: null } as const;
    await client.waitForTransactionReceipt({ hash: await client.writeContract(call) });
  }
}

function connect(rpcUrl: string) {
  return createTestClient({ mode: "anvil", account: deployer, transport: http(rpcUrl), pollingInterval: 50 })
    .extend(publicActions)
    .extend(walletActions);
}

/** Storage and code of a fresh deployment; its permit domain follows the address it runs at. */
async function copyInto(
  client: ReturnType<typeof connect>,
  { abi, bytecode }: { abi: Abi; bytecode: Hex },
  { address, name, symbol }: DemoToken,
): Promise<void> {
  const hash = await client.deployContract({ abi, bytecode, args: [name, symbol], chain: null });
  const original = (await client.waitForTransactionReceipt({ hash })).contractAddress as Address;
  for (let slot = 0; slot < SLOTS; slot++) {
    const value = (await client.getStorageAt({ address: original, slot: numberToHex(slot) })) as Hex;
    await client.setStorageAt({ address, index: numberToHex(slot, { size: 32 }), value });
  }
  await client.setCode({ address, bytecode: (await client.getCode({ address: original })) as Hex });
}

function artifact(root: string): { abi: Abi; bytecode: Hex } {
  return JSON.parse(readFileSync(`${root}/artifacts/test/mocks/DemoToken.sol/DemoToken.json`, "utf8"));
}
