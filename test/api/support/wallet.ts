import { privateKeyToAccount } from "viem/accounts";
import { JSON_TYPE, type World } from "../../world.ts";

/** The account behind `MERCHANT`: the second well-known key of local chains. */
export const merchantWallet = privateKeyToAccount("0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d");
export const strangerWallet = privateKeyToAccount("0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a");

export type Wallet = typeof merchantWallet;

export async function issuedMessage(world: World, wallet: Wallet): Promise<string> {
  const { body } = await world.ask(`/api/v1/auth/siwe?address=${wallet.address}&chainId=43114`);
  return body.message;
}

export const present = (world: World, message: unknown, signature: unknown) =>
  world.ask("/api/v1/auth/siwe", { method: "POST", headers: JSON_TYPE, body: JSON.stringify({ message, signature }) });

/** Headers of a request that `wallet` has signed in for. */
export async function signedIn(world: World, wallet: Wallet): Promise<Record<string, string>> {
  const message = await issuedMessage(world, wallet);
  const { body } = await present(world, message, await wallet.signMessage({ message }));
  return { ...JSON_TYPE, Authorization: `Bearer ${body.token}` };
}
