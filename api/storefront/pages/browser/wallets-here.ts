/** EIP-1193: what every wallet can be asked through. */
export type Provider = {
  request(args: { method: string; params?: unknown }): Promise<unknown>;
  on?(event: string, listener: (value: never) => void): unknown;
};

/** A wallet in this browser, before it is asked for anything. */
export type WalletHere = {
  /** Its maker's domain, turned around. */
  readonly rdns: string;
  readonly name: string;
  /** A data: URL, or nothing. */
  readonly icon: string | undefined;
  readonly provider: Provider;
};

type Announced = { info?: { rdns?: unknown; name?: unknown; icon?: unknown }; provider?: Provider };

/** Wallets that announce themselves (EIP-6963), by their rdns. */
const announced = new Map<string, WalletHere>();
const arrivals = new EventTarget();

window.addEventListener("eip6963:announceProvider", (event) => {
  const { info, provider } = (event as CustomEvent<Announced | undefined>).detail ?? {};
  if (!provider || typeof info?.rdns !== "string") return;
  const icon = typeof info.icon === "string" && info.icon.startsWith("data:image/") ? info.icon : undefined;
  announced.set(info.rdns, { rdns: info.rdns, name: String(info.name ?? info.rdns), icon, provider });
  arrivals.dispatchEvent(new Event("arrival"));
});
window.dispatchEvent(new Event("eip6963:requestProvider"));

/** How long a wallet that loads after the page gets to announce itself. */
const LATE_MS = 400;

/** All wallets here; the one that puts itself at `window.ethereum` only when none announces itself. */
export async function walletsHere(): Promise<WalletHere[]> {
  window.dispatchEvent(new Event("eip6963:requestProvider"));
  if (announced.size === 0) await someArrival();
  if (announced.size > 0) return [...announced.values()];
  const { ethereum } = window as { ethereum?: Provider };
  return ethereum ? [{ rdns: "window.ethereum", name: "Browser wallet", icon: undefined, provider: ethereum }] : [];
}

function someArrival(): Promise<void> {
  return new Promise((resolve) => {
    arrivals.addEventListener("arrival", () => resolve(), { once: true });
    setTimeout(resolve, LATE_MS);
  });
}
