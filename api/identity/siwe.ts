import { createHash, randomBytes } from "node:crypto";
import { SiweMessage } from "siwe";
import { type Address, getAddress, type Hex, isAddress, isHex, recoverMessageAddress } from "viem";
import { receiverChains } from "../../contracts/chains.ts";
import type { Clock } from "../clock.ts";
import type { Db } from "../db.ts";
import type { Receiver } from "../deps.ts";
import { ApiError, invalidField } from "../errors.ts";
import { SIGN_IN } from "../limits.ts";
import type { ChainReader } from "../providers/chain.ts";

export type SiweDeps = {
  db: Db;
  clock: Clock;
  publicUrl: string;
  /** Where a contract wallet is asked. */
  chains: ReadonlyMap<number, ChainReader>;
  receiver: Pick<Receiver, "chain"> | undefined;
};

export type SignIn = { token: string; address: Address; expiresAt: Date };

const STATEMENT = "Sign in to manage your APIs, phone numbers and balance on Turnpike.";

/**
 * A message for `address` to sign. Nonce, address, chain, domain and URI are bound together: the exact text is stored.
 *
 * @throws ApiError invalid_field
 */
export async function issueNonce(
  deps: SiweDeps,
  query: { address: string | undefined; chainId: string | undefined },
): Promise<{ nonce: string; message: string }> {
  const address = addressOf(query.address);
  const chainId = chainIdOf(deps, query.chainId);
  const nonce = randomBytes(16).toString("hex");
  const now = deps.clock.nowMs();
  const expiresAt = new Date(now + SIGN_IN.nonceValidSec * 1000);
  const site = new URL(deps.publicUrl);
  const message = new SiweMessage({
    domain: site.host,
    address,
    statement: STATEMENT,
    uri: site.origin,
    version: "1",
    chainId,
    nonce,
    issuedAt: new Date(now).toISOString(),
    expirationTime: new Date(now + SIGN_IN.tokenValidSec * 1000).toISOString(),
  }).prepareMessage();
  await deps.db.pool.query("insert into app.siwe_nonce (nonce, address, message, expires_at) values ($1, $2, $3, $4)", [
    nonce,
    address,
    message,
    expiresAt,
  ]);
  return { nonce, message };
}

/**
 * Trades a signed message for a bearer token. The nonce is used up before the signature is looked at, so that copies
 * of one request give one token at most.
 *
 * @throws ApiError invalid_field, invalid_signature, chain_unavailable when a contract wallet cannot be asked
 */
export async function signIn(deps: SiweDeps, body: unknown): Promise<SignIn> {
  const { message, signature } = readSigned(body);
  const parsed = await consume(deps, message);
  const signer = await signerOf(deps, parsed, { message, signature });
  if (!signer) throw new ApiError("invalid_signature");
  const token = randomBytes(32).toString("base64url");
  const address = getAddress(parsed.address);
  const expiresAt = new Date(deps.clock.nowMs() + SIGN_IN.tokenValidSec * 1000);
  await deps.db.pool.query(
    "insert into app.sign_in (token_hash, address, chain_id, is_contract, expires_at) values ($1, $2, $3, $4, $5)",
    [hashOf(token), address, parsed.chainId, signer === "contract", expiresAt],
  );
  return { token, address, expiresAt };
}

/** Who is signed in. */
export type Wallet = {
  readonly address: Address;
  /** A contract wallet is known on one chain: on another, its address may be somebody else's. */
  readonly onlyChainId: number | undefined;
};

/** The wallet behind an `Authorization: Bearer …` header. @throws ApiError unauthorized */
export async function signedInWallet(
  deps: Pick<SiweDeps, "db" | "clock">,
  authorization: string | undefined,
): Promise<Wallet> {
  const { rows } = await deps.db.pool.query<{ address: Address; chain_id: number; is_contract: boolean }>({
    name: "find-sign-in",
    text: "select address, chain_id, is_contract from app.sign_in where token_hash = $1 and expires_at > $2",
    values: [hashOf(bearerOf(authorization)), new Date(deps.clock.nowMs())],
  });
  if (!rows[0]) throw new ApiError("unauthorized");
  const { address, chain_id, is_contract } = rows[0];
  return { address, onlyChainId: is_contract ? chain_id : undefined };
}

/** Ends a sign-in. @throws ApiError unauthorized when there is none */
export async function signOut(deps: SiweDeps, authorization: string | undefined): Promise<void> {
  const { rowCount } = await deps.db.pool.query("delete from app.sign_in where token_hash = $1", [
    hashOf(bearerOf(authorization)),
  ]);
  if (rowCount === 0) throw new ApiError("unauthorized");
}

function addressOf(given: string | undefined): Address {
  if (!given || !isAddress(given, { strict: false })) throw invalidField("address", "must be an address");
  return getAddress(given.toLowerCase());
}

/** Base may be named also where it is not read: the chain matters to contract wallets alone. */
function chainIdOf({ chains, receiver }: SiweDeps, given: string | undefined): number {
  const known = [...new Set([...chains.keys(), ...receiverChains.slice(0, 1).map(({ id }) => id)])];
  if (given === undefined) return receiver?.chain.id ?? (known[0] as number);
  const chainId = /^\d{1,10}$/.test(given) ? Number(given) : Number.NaN;
  if (!known.includes(chainId)) throw invalidField("chainId", `must be one of ${known.join(", ")}`);
  return chainId;
}

type Signed = { message: string; signature: Hex };

function readSigned(body: unknown): Signed {
  const { message, signature } = (body ?? {}) as Record<string, unknown>;
  if (typeof message !== "string" || message.length > 4_096)
    throw invalidField("message", "must be the issued message");
  if (!isHex(signature) || signature.length > 16_384 || signature.length % 2 !== 0)
    throw invalidField("signature", "must be 0x and hex digits");
  return { message, signature };
}

async function consume(deps: SiweDeps, message: string): Promise<SiweMessage> {
  const nonce = /^Nonce: ([0-9a-f]{32})$/m.exec(message)?.[1];
  // Postgres takes no NUL in a text, and no message of ours has one.
  if (nonce === undefined || message.includes("\0")) throw new ApiError("invalid_signature");
  const { rowCount } = await deps.db.pool.query(
    "delete from app.siwe_nonce where nonce = $1 and message = $2 and expires_at > $3",
    [nonce, message, new Date(deps.clock.nowMs())],
  );
  if (rowCount === 0) throw new ApiError("invalid_signature");
  return new SiweMessage(message);
}

/** A plain wallet's signature is checked here; only what fails goes to the chain, as a contract wallet's may. */
async function signerOf(
  deps: SiweDeps,
  parsed: SiweMessage,
  { message, signature }: Signed,
): Promise<"key" | "contract" | undefined> {
  const { address, chainId, domain, nonce } = parsed;
  // Recovered here first, because siwe prints what ethers throws at a malformed signature.
  if ((await recoverMessageAddress({ message, signature }).catch(() => undefined)) === address) {
    const time = new Date(deps.clock.nowMs()).toISOString();
    const { success } = await parsed.verify({ signature, domain, nonce, time }, { suppressExceptions: true });
    return success ? "key" : undefined;
  }
  const isSigned = await deps.chains.get(chainId)?.isSignedBy(getAddress(address), message, signature);
  return isSigned ? "contract" : undefined;
}

function bearerOf(authorization: string | undefined): string {
  const token = /^Bearer ([\w-]{43})$/i.exec(authorization ?? "")?.[1];
  if (!token) throw new ApiError("unauthorized");
  return token;
}

const hashOf = (token: string) => createHash("sha256").update(token).digest();
