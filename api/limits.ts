const KIB = 1024;
const MIB = 1024 * KIB;

/** How long a quote can be paid. Long enough for a person with a wallet, short enough to follow a price change. */
export const QUOTE_VALID_SEC = 900;

/** Sessions are sold for one second to thirty days. */
export const VALID_FOR_SEC = { min: 1, max: 30 * 24 * 3600 } as const;

/** The gateway's own cap on its fee. */
export const MAX_FEE_BPS = 1_000;

/** Longest `Prefer: wait=N`, and how many requests may be held at once; one more is answered without waiting. */
export const WAIT = { maxSec: 30, maxHeld: 2_000 } as const;

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
} as const;

/** Entries kept in memory; the oldest leave first. */
export const CACHE = { apis: 10_000, sessions: 100_000, rateLimitKeys: 100_000 } as const;

/** Time-outs and sizes towards merchants' servers. */
export const UPSTREAM = {
  /** Name look-up, TCP and TLS together. */
  connectMs: 3_000,
  /** From our last request byte to the upstream's first. */
  firstByteMs: 15_000,
  /** Longest pause of either side while a body moves; whole exchange. */
  idleMs: 15_000,
  totalMs: 60_000,
  /** The same two for a `text/event-stream`, which is meant to stay open. */
  eventIdleMs: 60_000,
  eventTotalMs: 600_000,
  /** After an early answer the rest of the request body is swallowed this long, so that the caller can read it. */
  lingerMs: 1_000,
  requestBodyBytes: MIB,
  /** Envelope mode buffers the whole answer; the streaming mode has no such cap. */
  envelopeBytes: 10 * MIB,
  headerBytes: 16 * KIB,
  connectionsPerOrigin: 64,
  /** Upstreams with an open connection; one more is refused until one falls idle. */
  origins: 1_000,
  /** Calls to one API that run or wait for a connection. */
  concurrentPerApi: 1_000,
  /** Consecutive faults after which an API fails at once, and for how long. */
  breakerFaults: 10,
  breakerMs: 5_000,
} as const;

/** What a chain's node gets to answer us. */
export const RPC_TIMEOUT_MS = 5_000;

/** How long requests in flight may run on after a stop signal. */
export const DRAIN_MS = 25_000;
