const KIB = 1024;
const MIB = 1024 * KIB;

/** How long a quote can be paid. Long enough for a person with a wallet, short enough to follow a price change. */
export const QUOTE_VALID_SEC = 900;

/** Sessions are sold for one second to thirty days. */
export const VALID_FOR_SEC = { min: 1, max: 30 * 24 * 3600 } as const;

/** The gateway's own cap on its fee. */
export const MAX_FEE_BPS = 1_000;

/** Longest `Prefer: wait=N`, and how many requests may be held at once, for all and for one caller; one more is answered without waiting. */
export const WAIT = { maxSec: 30, maxHeld: 2_000, maxHeldPerCaller: 50 } as const;

/** What a pending answer asks its client to wait, and how long a caller stays away from a stale index. */
export const RETRY_AFTER = { pendingSec: 2, staleSec: 5 } as const;

/** Signed image links live this long. */
export const IMAGE_LINK_VALID_SEC = 60;

/** Sign-in: how long the message can be signed, and how long the token lasts. */
export const SIGN_IN = { nonceValidSec: 600, tokenValidSec: 24 * 3600 } as const;

/** Sizes of what callers send us. */
export const REQUEST = { urlChars: 8 * KIB, headerBytes: 16 * KIB, jsonBytes: 64 * KIB, bodyBytes: MIB } as const;

/** Sizes of what a merchant may configure. */
export const MASKED_API = {
  nameChars: 200,
  descriptionChars: 2_000,
  urlChars: 2_048,
  upstreamHeaders: 20,
  upstreamHeaderChars: 4_096,
  listed: 200,
  /** Shown to everybody at most, those first that have been for longest. */
  listedPublicly: 10_000,
  /** Versions that can be made while one quote lasts: each is one more that a made-up session id is checked against. */
  editsPerQuote: 20,
} as const;

/** Days of a masked API's earnings that are told at once: unless told, and at most. */
export const EARNINGS = { usualDays: 30, mostDays: 366 } as const;

/** Code points of one text, as JSON Schema counts them in `maxLength`. */
export const MESSAGE_CHARS = 900;

/** Items of one page of a list: unless told, and at most. */
export const PAGE = { usual: 50, max: 100 } as const;

/** How long a line is kept for its former holder before it goes back to the carrier. */
export const LEASE_GRACE_SEC = 7 * 24 * 3600;

/** After an unknown outcome: when the carrier is asked again, twice as late each time, and when it is given up and the payer credited. */
export const CARRIER = { askAgainSec: { first: 2, longest: 60 }, giveUpSec: 6 * 3600 } as const;

/**
 * SMPP: until when a text may set off, and then how long each PDU waits for its answer; how often the line is tried; how
 * soon the next try comes after a lost connection, and after a carrier that had too much; when its ids may come again;
 * when what is like an earlier message is another one; and how long a message waits for its missing parts.
 */
export const SMPP = {
  setOffSec: 10,
  answerSec: 10,
  aliveSec: 30,
  reconnectSec: { first: 1, longest: 60 },
  throttledSec: { first: 1, longest: 8 },
  idsAgainAfterSec: 3 * 24 * 3600,
  repeatedWithinSec: 600,
  partsWithinSec: 3600,
} as const;

/** What an effect cost, where the carrier tells that later: asked twice as late each time, and at last no more. */
export const COSTS = { firstAskSec: 60, longestSec: 6 * 3600, giveUpSec: 7 * 24 * 3600, atOnce: 50 } as const;

/** What a carrier may tell at once. */
export const CARRIER_NEWS_BYTES = 64 * KIB;

/** Entries kept in memory; the oldest leave first. */
export const CACHE = {
  apis: 10_000,
  offers: 500,
  sessions: 100_000,
  rateLimitKeys: 100_000,
  phoneNumbers: 10_000,
} as const;

/** What a chain's node gets to answer us. */
export const RPC_TIMEOUT_MS = 5_000;

/** How long requests in flight may run on after a stop signal. */
export const DRAIN_MS = 12_000;

/** What the slow loop, and then every connection to the outside, get to end after that. */
export const CLOSE_MS = 1_500;

/** Sizes of a payment header, and how far ahead an authorization may reach, thrice what is asked for: an order is watched until it ends. */
export const PAYMENT = { headerChars: 12 * KIB, signatureBytes: 2_048, validForMostSec: 900 } as const;

/** When an authorization that reached the chain, and that nobody has sent us, is credited to its payer: it can be sent for 15 minutes. */
export const UNCLAIMED_AFTER_SEC = 1_200;

/** What a top-up may be, 1e-6 USD. */
export const TOP_UP = { usualMicroUsd: 5_000_000n, minMicroUsd: 2_000_000n, maxMicroUsd: 10_000_000_000n } as const;

/** Keys of one account that are not revoked, the longest name and the highest cap of one, and how exactly their last use is noted. */
export const API_KEYS = {
  perAccount: 50,
  nameChars: 100,
  maxCapMicroUsd: 1_000_000_000_000n,
  usedWithinSec: 60,
} as const;

/** Longest `Idempotency-Key`. */
export const IDEMPOTENCY_KEY_CHARS = 255;

/** One-time codes. A day is the last 24 hours. */
export const CODE_ORDERS = {
  cooldownSec: 120,
  waitingPerAccount: 50,
  perAccountADay: 500,
  perServiceADay: 5_000,
  /** What the supplier gets to sell a number, within what a stop signal leaves to requests, and to answer anything else. */
  buyMs: 10_000,
  askMs: 5_000,
  /** A purchase that is on record for longer was cut off by the end of its process. */
  buyingSec: 60,
  /** How often a code is looked for, by the age of its order: the sooner it comes, the likelier. */
  pollSec: [
    { untilAgeSec: 60, everySec: 3 },
    { untilAgeSec: 300, everySec: 5 },
    { untilAgeSec: Number.POSITIVE_INFINITY, everySec: 10 },
  ],
  /** A code that is found so long after its time is not charged. */
  graceSec: 60,
  /** Whoever dies over an order leaves it to others after this. */
  leaseSec: 20,
  /** What the supplier is still to be told: twice as late each time, and at last no more. */
  owed: { firstSec: 5, longestSec: 600, giveUpSec: 24 * 3600 },
  /** Taken by one process at once. */
  roundOrders: 100,
} as const;

/** One-time codes that we send for others: how long one is good from when its text left, and how often one may guess. */
export const VERIFICATION = { validForSec: 600, attempts: 5, digits: 6 } as const;

/** Webhooks of one owner, and how a delivery is tried again: 8 times within about 27 hours. */
export const WEBHOOKS = {
  perOwner: 20,
  urlChars: 2_048,
  answerMs: 10_000,
  retryAfterSec: [5, 60, 300, 1_800, 7_200, 18_000, 36_000, 36_000],
  keptDays: 30,
  descriptionChars: 200,
  /** How long a secret signs beside the one that replaced it. */
  oldSecretSec: 24 * 3600,
  /** Deliveries of one process that run at once, in all and to one host. */
  atOnce: 500,
  /** Those of them that failed before: what is dead leaves room for what is not. */
  retriesAtOnce: 250,
  atOncePerTarget: 4,
  /** Whoever dies over a delivery leaves it to others after this. */
  leaseSec: 60,
} as const;

/** A map that forgets the entry which was set longest ago when it is full. */
export class Recent<V> {
  readonly #entries = new Map<string, V>();
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  get(key: string): V | undefined {
    return this.#entries.get(key);
  }

  set(key: string, value: V): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size > this.#max) this.#entries.delete(this.#entries.keys().next().value as string);
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
  }

  get size(): number {
    return this.#entries.size;
  }
}
