import { call, Refusal } from "./api.ts";
import type { Wallet } from "./wallet.ts";

/** A sign-in with a wallet (SIWE). The token ends with the tab, or when its time is over. */
export type SignIn = { readonly token: string; readonly address: string; readonly expiresAt: string };

const KEPT = "turnpike.sign-in";

/** The sign-in of this tab, if there is one that still holds. */
export function currentSignIn(): SignIn | undefined {
  const kept = sessionStorage.getItem(KEPT);
  const signIn = kept === null ? undefined : (JSON.parse(kept) as SignIn);
  return signIn && Date.parse(signIn.expiresAt) > Date.now() ? signIn : undefined;
}

/** The sign-in of this wallet: the one of this tab, or a new one, for which the wallet signs. @throws Refusal, WalletError */
export async function signedIn(wallet: Wallet): Promise<SignIn> {
  const current = currentSignIn();
  if (current?.address.toLowerCase() === wallet.address.toLowerCase()) return current;
  const message = await messageFor(wallet);
  const params = [hexOf(message), wallet.address];
  const signature = await wallet.request<string>({ method: "personal_sign", params });
  const signIn = await call<SignIn>("POST", "/api/v1/auth/siwe", { body: { message, signature } });
  sessionStorage.setItem(KEPT, JSON.stringify(signIn));
  return signIn;
}

/** The wallet's chain is where a contract wallet is asked; one that the server does not read is left to the server. */
async function messageFor({ address, chainId }: Wallet): Promise<string> {
  const issued = (query: Record<string, string>) =>
    call<{ message: string }>("GET", `/api/v1/auth/siwe?${new URLSearchParams(query)}`);
  const query = { address, chainId: String(await chainId()) };
  const { message } = await issued(query).catch((error) => {
    if (error instanceof Refusal && error.status === 400) return issued({ address });
    throw error;
  });
  return message;
}

/** Tells the other tabs of this browser. */
const left = new BroadcastChannel("turnpike.signed-out");

/** Forgets the sign-in here, and tells the server to forget it as well. */
export async function signOut(): Promise<void> {
  const current = currentSignIn();
  forgetSignIn();
  if (!current) return;
  left.postMessage(current.address);
  await call("DELETE", "/api/v1/auth/siwe", { bearer: current.token });
}

/** Every tab has a sign-in of its own, and who leaves one has left them all. */
export function onSignOutElsewhere(listener: (address: string) => void): void {
  left.addEventListener("message", ({ data }) => listener(data as string));
}

/** For when the server knows it no more. */
export function forgetSignIn(): void {
  sessionStorage.removeItem(KEPT);
}

/** Wallets take the message as bytes in hex. */
function hexOf(text: string): string {
  const bytes = new TextEncoder().encode(text);
  return `0x${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
