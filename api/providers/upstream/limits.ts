/** What one upstream, and one request to it, may cost us. Times in milliseconds, sizes in bytes. */
export type UpstreamLimits = {
  /** Name look-up, TCP and TLS together. */
  connectMs: number;
  /** From our last request byte to the upstream's first header. */
  firstByteMs: number;
  /** Longest pause of either side while a body moves. */
  idleMs: number;
  /** One exchange from start to end. */
  totalMs: number;
  /** Longest pause and whole life of a `text/event-stream`, which is meant to stay open. */
  eventIdleMs: number;
  eventTotalMs: number;
  /** How long an unread request body is swallowed after an early answer, so that the caller can read it. */
  lingerMs: number;
  requestBodyBytes: number;
  /** Buffered answers (`fetch`) only; streamed ones have no cap. */
  answerBodyBytes: number;
  headerBytes: number;
  urlChars: number;
  /** Exchanges at once per masked API; more are refused with `upstream_busy`. */
  perApi: number;
  /** Connections per origin, and origins kept open. */
  connections: number;
  origins: number;
  /** Consecutive faults that open the breaker, and how long it stays open. */
  breakerFaults: number;
  breakerMs: number;
};

export const UPSTREAM_LIMITS: UpstreamLimits = {
  connectMs: 3_000,
  firstByteMs: 15_000,
  idleMs: 15_000,
  totalMs: 60_000,
  eventIdleMs: 60_000,
  eventTotalMs: 600_000,
  lingerMs: 1_000,
  requestBodyBytes: 1_000_000,
  answerBodyBytes: 10_000_000,
  headerBytes: 16_384,
  urlChars: 8_192,
  perApi: 64,
  connections: 64,
  origins: 1_000,
  breakerFaults: 10,
  breakerMs: 5_000,
};
