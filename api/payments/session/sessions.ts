import type { Address } from "viem";
import { type Clock, nowSec } from "../../clock.ts";
import type { Db } from "../../db.ts";
import { ApiError } from "../../errors.ts";
import type { Found, Indexed, IndexedPayment } from "../../indexed.ts";
import { CACHE, QUOTE_VALID_SEC, RETRY_AFTER, Recent } from "../../limits.ts";
import type { ChainReader } from "../../providers/chain.ts";
import type { GatewayFees } from "../../providers/gateway-fees.ts";
import { type Binding, findGrant, type Grant, recordGrant } from "./grants.ts";
import { judgeBound, judgeOpen, type Verdict } from "./judge.ts";
import type { Quote, Quotes } from "./quotes.ts";
import { type Issue, type Presented, readSessionId, type SessionKeys } from "./session-id.ts";
import { SharedLook } from "./shared-look.ts";
import type { Sale, Terms } from "./terms.ts";

/** Where a presented session id stands. Ids are hex without 0x. */
export type Standing =
  | { state: "unlocked"; sessionId: string; grant: Grant }
  /** Ours and not paid in full yet. */
  | { state: "pending"; quote: Quote; receivedWei: bigint }
  | { state: "expired"; sessionId: string; expiredAtSec: number }
  /** Not ours, of another sale, or a quote that ended unpaid. */
  | { state: "unknown" };

export type SessionsDeps = {
  keys: SessionKeys;
  quotes: Quotes;
  fees: GatewayFees;
  indexed: Pick<Indexed, "findPayments">;
  db: Db;
  clock: Clock;
  /** The gateway's. */
  chain: Pick<ChainReader, "chain">;
};

export type Sessions = {
  /** The grant of a session that this process unlocked before; no database, no hash. */
  recall(sale: Sale, header: string): { sessionId: string; grant: Grant } | undefined;
  /** @throws ApiError indexer_stale when it cannot be known whether the session was paid */
  find(sale: Sale, header: string): Promise<Standing>;
};

/** A quote may be made from terms that an edit replaced this long ago: the process that made it had not heard yet. */
const NEWS_DELAY_SEC = 60;

type Remembered = { apiId: string; grant: Grant };

export function createSessions(deps: SessionsDeps): Sessions {
  const unlocked = new Recent<Remembered>(CACHE.sessions);
  const looks = new SharedLook<Standing>();
  const recall = (sale: Sale, sessionId: string) => {
    const entry = unlocked.get(sessionId);
    if (entry?.apiId !== sale.apiId) return undefined;
    if (entry.grant.expiresAtSec > nowSec(deps.clock)) return { sessionId, grant: entry.grant };
    unlocked.delete(sessionId);
    return undefined;
  };
  return {
    recall: (sale, header) => {
      // As quotes write it: what is remembered under the rest was read and judged before.
      const asQuoted = header.startsWith("0x") ? recall(sale, header.slice(2)) : undefined;
      if (asQuoted) return asQuoted;
      const presented = readSessionId(header);
      return presented && recall(sale, presented.id);
    },
    find: async (sale, header) => {
      const presented = readSessionId(header);
      if (!presented) return { state: "unknown" };
      const remembered = recall(sale, presented.id);
      if (remembered) return { state: "unlocked", ...remembered };
      // By version as well: a look for older terms does not know the ids of newer ones.
      const key = `${sale.apiId}|${sale.terms[0].version}|${sale.isClosed}|${presented.id}`;
      const standing = await looks.run(key, () => judge(deps, { sale, presented }));
      if (standing.state === "unlocked") unlocked.set(presented.id, { apiId: sale.apiId, grant: standing.grant });
      return standing;
    },
  };
}

type Question = { sale: Sale; presented: Presented };

async function judge(deps: SessionsDeps, { sale, presented }: Question): Promise<Standing> {
  // A grant needs no key: what was unlocked outlives the key of its quote. Made-up ids mostly end in a distant year.
  const isConceivable = presented.expirySec <= nowSec(deps.clock) + QUOTE_VALID_SEC + NEWS_DELAY_SEC;
  const granted = isConceivable ? await findGrant(deps.db, presented.id, sale.apiId) : undefined;
  if (granted && granted.expiresAtSec > nowSec(deps.clock))
    return { state: "unlocked", sessionId: presented.id, grant: granted };

  const issue = issueOf(deps, { sale, presented });
  if (issue) return judgeIssued(deps, { sale, presented, issue, granted });
  return granted ? expired(presented.id, granted.expiresAtSec) : { state: "unknown" };
}

type Issued = Question & { issue: Issue; granted: Grant | undefined };

async function judgeIssued(deps: SessionsDeps, { sale, presented, issue, granted }: Issued): Promise<Standing> {
  const quote: Quote = { ...issue, stamp: presented.stamp, sessionId: presented.id };
  const { verdict, payments, binding, knownToSec } = await readChain(deps, { sale, presented, quote });
  const expiresAtSec = Math.max(verdict.expiresAtSec ?? 0, granted?.expiresAtSec ?? 0);
  if (expiresAtSec <= nowSec(deps.clock)) {
    // Nobody is told to pay, or to pay again, by somebody who cannot know.
    if (knownToSec === undefined) throw new ApiError("indexer_stale", { retryAfterSec: RETRY_AFTER.staleSec });
    if (expiresAtSec > 0) return expired(presented.id, expiresAtSec);
    const isOver = presented.expirySec < knownToSec || !deps.fees.takes(issue.feeBps, knownToSec);
    return unpaid({ quote, receivedWei: verdict.receivedWei, isOver });
  }
  const last = payments.at(-1) as IndexedPayment;
  const grant = await recordGrant(deps.db, {
    sessionId: quote.sessionId,
    apiId: sale.apiId,
    version: quote.terms.version,
    paymentId: binding === "bound" ? deps.quotes.paymentIdOf(quote) : `0x${quote.sessionId}`,
    binding,
    merchant: quote.terms.merchant,
    chainId: deps.chain.chain.id,
    token: quote.terms.token,
    payer: last.payer.toLowerCase(),
    txHash: last.txHash,
    amountWei: verdict.receivedWei,
    expiresAtSec,
    nowMs: deps.clock.nowMs(),
  });
  return { state: "unlocked", sessionId: quote.sessionId, grant };
}

/** Which terms and fee the id was made from. The id does not tell: its MAC fits only the right ones. */
function issueOf({ keys, fees }: SessionsDeps, { sale, presented }: Question): Issue | undefined {
  for (const terms of currentDuring(sale, presented.expirySec))
    for (const feeBps of fees.known()) {
      const issue = { terms, feeBps };
      if (keys.vouchesFor(presented, issue)) return issue;
    }
  return undefined;
}

/** The versions that can have been quoted with this expiry, so that a long history of edits costs nothing. */
function currentDuring({ terms }: Sale, expirySec: number): Terms[] {
  const issuedFromSec = expirySec - QUOTE_VALID_SEC - NEWS_DELAY_SEC;
  return terms.filter(({ createdAtSec }, index) => {
    const replacedAtSec = terms[index - 1]?.createdAtSec ?? Number.POSITIVE_INFINITY;
    return createdAtSec <= expirySec && replacedAtSec >= issuedFromSec;
  });
}

type Reading = {
  verdict: Verdict;
  payments: readonly IndexedPayment[];
  binding: Binding;
  knownToSec: number | undefined;
};

async function readChain(deps: SessionsDeps, question: Question & { quote: Quote }): Promise<Reading> {
  const { sale, presented, quote } = question;
  const merchant = quote.terms.merchant.toLowerCase() as Address;
  const token = quote.terms.token.toLowerCase() as Address;
  const bound = await deps.indexed.findPayments({ onChainId: deps.quotes.paymentIdOf(quote), merchant, token });
  const once = judgeBound(bound.payments, quote.terms);
  if (once.expiresAtSec !== undefined) deps.quotes.paid(quote.terms, quote.stamp);
  if (once.expiresAtSec !== undefined && once.expiresAtSec > nowSec(deps.clock))
    return { ...bound, verdict: once, binding: "bound" };
  // Also after a bound payment has run out: whoever pays the session id itself then has not paid for nothing.
  const open = await deps.indexed.findPayments({ onChainId: `0x${presented.id}`, merchant, token });
  const anyTimes = judgeOpen(open.payments, { presented, terms: quote.terms, sale });
  const receivedWei = once.receivedWei + anyTimes.receivedWei;
  const isOpen = (anyTimes.expiresAtSec ?? 0) >= (once.expiresAtSec ?? 0);
  const { expiresAtSec } = isOpen ? anyTimes : once;
  const verdict = { expiresAtSec, receivedWei };
  const knownToSec = bothKnownTo(bound, open);
  if (isOpen) return { verdict, knownToSec, payments: open.payments, binding: "public" };
  return { verdict, knownToSec, payments: bound.payments, binding: "bound" };
}

const bothKnownTo = (one: Found, other: Found): number | undefined =>
  one.knownToSec === undefined || other.knownToSec === undefined
    ? undefined
    : Math.min(one.knownToSec, other.knownToSec);

type Unpaid = { quote: Quote; receivedWei: bigint; isOver: boolean };

/** What was paid in part stays what it is: a fresh quote would ask for all of it once more. */
function unpaid({ quote, receivedWei, isOver }: Unpaid): Standing {
  return isOver && receivedWei === 0n ? { state: "unknown" } : { state: "pending", quote, receivedWei };
}

const expired = (sessionId: string, expiredAtSec: number): Standing => ({
  state: "expired",
  sessionId,
  expiredAtSec,
});
