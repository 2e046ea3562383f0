import { busy, byId } from "../dom.ts";
import { InvalidField } from "../invalid-field.ts";
import { currentSignIn, signedIn } from "../sign-in.ts";
import { fail, tell } from "../status.ts";
import { connectWallet, rememberedWallet } from "../wallet.ts";
import { written } from "./fields.ts";

/** Fills in the wallet of who is here: asks on a press, and only looks on arrival. */
export function offerOwnWallet(): void {
  const input = byId<HTMLInputElement>("p_merchant_wallet");
  const button = byId<HTMLButtonElement>("use-wallet");
  const use = async () => {
    const { address } = await connectWallet();
    input.value = address;
  };
  button.addEventListener("click", () => void busy(button, () => use().catch(fail)));
  void rememberedWallet().then((wallet) => {
    if (wallet && written("p_merchant_wallet") === "") input.value = wallet.address;
  });
}

/** The token of a sign-in of the wallet that is paid: only it may list. @throws InvalidField, WalletError, Refusal */
export async function merchantToken(merchant: string): Promise<string> {
  const isMerchant = (address: string) => address.toLowerCase() === merchant.toLowerCase();
  const current = currentSignIn();
  if (current && isMerchant(current.address)) return current.token;
  const wallet = (await rememberedWallet()) ?? (await connectWallet());
  if (!isMerchant(wallet.address))
    throw new InvalidField(
      "p_is_listed",
      `needs a sign-in of the wallet that is paid; yours here is ${wallet.address}`,
    );
  tell("Your wallet asks you to sign in.");
  return (await signedIn(wallet)).token;
}
