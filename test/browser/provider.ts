/** How a wallet shows itself to pages. */
export type ProviderLook = {
  readonly name: string;
  readonly rdns: string;
  /** By EIP-6963. */
  readonly isAnnounced: boolean;
  /** As `window.ethereum`. */
  readonly isInjected: boolean;
};

type Answer = { result?: unknown; error?: { code: number; message: string; data?: unknown } };
type Listener = (value: unknown) => void;

/** What the wallet puts into every page, seen from here. */
export type PageWithWallet = {
  ethereum?: object;
  walletRequest(method: string, params: unknown): Promise<Answer>;
  walletEmit(event: string, value: unknown): void;
} & EventTarget;

/** Runs in the page, before its own scripts: must stand on its own. */
export function installProvider({ name, rdns, isAnnounced, isInjected }: ProviderLook): void {
  const page = globalThis as unknown as PageWithWallet;
  const listeners = new Map<string, Set<Listener>>();
  const provider = {
    request: async ({ method, params }: { method: string; params?: unknown }) => {
      const { result, error } = await page.walletRequest(method, params ?? []);
      if (error) throw Object.assign(new Error(error.message), error);
      return result;
    },
    on: (event: string, listener: Listener) => {
      listeners.set(event, (listeners.get(event) ?? new Set()).add(listener));
      return provider;
    },
    removeListener: (event: string, listener: Listener) => {
      listeners.get(event)?.delete(listener);
      return provider;
    },
  };
  page.walletEmit = (event, value) => {
    for (const listener of listeners.get(event) ?? []) listener(value);
  };
  if (isInjected) page.ethereum = provider;
  if (!isAnnounced) return;
  const icon = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 1 1'/%3E";
  const info = { uuid: "350670db-19fa-4704-a166-e52e178b59d2", name, rdns, icon };
  const announce = () => {
    page.dispatchEvent(
      new CustomEvent("eip6963:announceProvider", { detail: Object.freeze({ info: Object.freeze(info), provider }) }),
    );
  };
  page.addEventListener("eip6963:requestProvider", announce);
  announce();
}
