import type { LocalAccount } from "viem";
import { type Answer, createWorld, JSON_TYPE, type World } from "../../world.ts";
import { signedInAs } from "../x402/counter.ts";
import { wallet } from "../x402/payer.ts";

export const KEYS = "/api/v1/keys";
export const KEY = /^tpk_[\w-]{43}$/;

export type Asking = { method?: string; body?: unknown; headers: Record<string, string> };

/** A shop, and a wallet with a key that may manage. */
export type Desk = {
  readonly world: World;
  ask(path: string, asking: Asking): Promise<Answer>;
  /** Makes a key; signs in as a new wallet unless told. */
  make(body?: Record<string, unknown>, headers?: Record<string, string>): Promise<Owned>;
};

export type Owned = {
  readonly owner: LocalAccount;
  /** Headers of a sign-in as the owner. */
  readonly signedIn: Record<string, string>;
  /** Headers with the key. */
  readonly key: Record<string, string>;
  // biome-ignore lint/suspicious/noExplicitAny: as in world.ts
  readonly body: any;
};

const RECEIVER = "0x2222222222222222222222222222222222222222";

export async function openDesk(): Promise<Desk> {
  const receiver = { BASE_RPC_URL: "http://127.0.0.1:1", RECEIVER_ADDRESS: RECEIVER, RECEIVER_START_BLOCK: "1" };
  const world = await createWorld({ ...receiver, SETTLER_KEY: "11".repeat(32), PHONE_CARRIER: "sandbox" });
  const ask: Desk["ask"] = (path, { method = "GET", body, headers }) => {
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    return world.ask(path, { method, ...sent, headers: { ...(body !== undefined && JSON_TYPE), ...headers } });
  };
  return {
    world,
    ask,
    make: async (body = {}, headers) => {
      const owner = wallet();
      const signedIn = headers ?? (await signedInAs(world, owner));
      const answer = await ask(KEYS, { method: "POST", body, headers: signedIn });
      if (answer.status !== 200) throw new Error(answer.text);
      return { owner, signedIn, key: { "X-API-Key": answer.body.api_key }, body: answer.body };
    },
  };
}
