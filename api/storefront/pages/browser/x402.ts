import { type Answer, type Ask, refusalOf, send } from "./api.ts";
import { randomHex } from "./random-hex.ts";
import type { Wallet } from "./wallet.ts";

/** Something that is sold per call. */
export type Wish = { readonly path: string; readonly body?: unknown };

/** What the seller asks for it, as x402 version 2 tells it. */
export type Offer = {
  readonly amount: bigint;
  readonly payTo: string;
  readonly asset: string;
  readonly chainId: number;
  readonly description: string;
  /** As it came: it has to go back word for word. */
  readonly accepted: Requirements;
  readonly resource: unknown;
  /** By the server's clock: this device's may be wrong. */
  readonly askedAtSec: number;
};

type Requirements = {
  scheme: string;
  network: string;
  amount: string;
  asset: string;
  payTo: string;
  maxTimeoutSeconds: number;
  extra: { name: string; version: string };
};

type Required = { resource: { description?: string }; accepts: Requirements[] };

/** A payment that is signed: sent as often as need be, it buys once. */
export type SignedWish = Wish & { readonly payer: string; readonly header: string; readonly signedAtMs: number };

/** How it went: `pending`, when the payment is under way and the same is to be sent again. */
export type Outcome<T> = { kind: "bought"; answer: T } | { kind: "pending"; retryAfterSec: number };

type As = Pick<Ask, "bearer">;

/** Asks for the thing without paying: what it costs, or the thing, where something covers it. @throws Refusal */
export async function offerOf<T>({ path, body }: Wish, as: As): Promise<Offer | { kind: "covered"; answer: T }> {
  const answer = await send("POST", path, { body, ...as });
  if (answer.status >= 200 && answer.status < 300) return { kind: "covered", answer: answer.body as T };
  const header = answer.headers.get("payment-required");
  if (answer.status !== 402 || !header) throw refusalOf(answer);
  const { resource, accepts } = decoded<Required>(header);
  const accepted = accepts.find(({ scheme, network }) => scheme === "exact" && network.startsWith("eip155:"));
  if (!accepted) throw refusalOf(answer);
  return {
    ...accepted,
    amount: BigInt(accepted.amount),
    chainId: Number(accepted.network.slice("eip155:".length)),
    description: resource.description ?? "",
    accepted,
    resource,
    askedAtSec: Math.floor((Date.parse(answer.headers.get("date") ?? "") || Date.now()) / 1000),
  };
}

/** One signature of the wallet, which moves exactly this amount to this recipient, once. @throws WalletError */
export async function sign(wallet: Wallet, wish: Wish, offer: Offer): Promise<SignedWish> {
  const { accepted, resource, askedAtSec } = offer;
  const authorization = {
    from: wallet.address,
    to: accepted.payTo,
    value: accepted.amount,
    validAfter: String(askedAtSec - BEFORE_SEC),
    validBefore: String(askedAtSec + accepted.maxTimeoutSeconds),
    nonce: randomHex(32),
  };
  const params = [wallet.address, JSON.stringify(typedData(offer, authorization))];
  const signature = await wallet.request<string>({ method: "eth_signTypedData_v4", params });
  const header = encoded({
    x402Version: 2,
    resource,
    accepted,
    payload: { signature, authorization },
    // Under a name of its own the whole answer, with its secrets, is told again when the first one is lost.
    extensions: { "payment-identifier": { info: { required: false, id: randomHex(16).slice(2) } } },
  });
  return { ...wish, payer: wallet.address, header, signedAtMs: Date.now() };
}

/** @throws Refusal */
export async function pay<T>({ path, body, header }: SignedWish, as: As): Promise<Outcome<T>> {
  const answer = await send("POST", path, { body, ...as, headers: { "Payment-Signature": header } });
  if (answer.status === 202) return { kind: "pending", retryAfterSec: retryAfterOf(answer) };
  if (answer.status >= 200 && answer.status < 300) return { kind: "bought", answer: answer.body as T };
  throw refusalOf(answer);
}

/** For chains whose clock is a little behind. */
const BEFORE_SEC = 600;

const retryAfterOf = ({ headers }: Answer): number => Number(headers.get("retry-after")) || 2;

function typedData({ accepted, chainId }: Offer, message: Record<string, string>) {
  const { extra, asset } = accepted;
  return {
    types: { EIP712Domain: DOMAIN, TransferWithAuthorization: TRANSFER },
    primaryType: "TransferWithAuthorization",
    domain: { name: extra.name, version: extra.version, chainId, verifyingContract: asset },
    message,
  };
}

const typed = (...fields: [string, string][]) => fields.map(([name, type]) => ({ name, type }));

const DOMAIN = typed(
  ["name", "string"],
  ["version", "string"],
  ["chainId", "uint256"],
  ["verifyingContract", "address"],
);
/** EIP-3009. */
const TRANSFER = typed(
  ["from", "address"],
  ["to", "address"],
  ["value", "uint256"],
  ["validAfter", "uint256"],
  ["validBefore", "uint256"],
  ["nonce", "bytes32"],
);

const encoded = (value: unknown): string =>
  btoa(String.fromCharCode(...new TextEncoder().encode(JSON.stringify(value))));

const decoded = <T>(header: string): T =>
  JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(header), (char) => char.charCodeAt(0)))) as T;
