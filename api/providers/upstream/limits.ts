const KIB = 1024;
const MIB = 1024 * KIB;

/** Times and sizes towards merchants' servers. */
export const UPSTREAM_LIMITS = {
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
  envelopeBytes: MIB,
  headerBytes: 16 * KIB,
  connectionsPerOrigin: 64,
  /** How long a connection without a request is kept. */
  keepAliveMs: 4_000,
  /** Upstreams with an open connection; for one more, the one idle for longest is left. */
  origins: 1_000,
  /** Calls to one API that run or wait for a connection. */
  concurrentPerApi: 1_000,
  /** Consecutive faults after which an API fails at once, and for how long. */
  breakerFaults: 10,
  breakerMs: 5_000,
} as const;

export type UpstreamLimits = { readonly [name in keyof typeof UPSTREAM_LIMITS]: number };
