/** The only source of time in the API. Tests hand in one that they move by hand. */
export type Clock = {
  /** Milliseconds since 1970. */
  nowMs(): number;
  /** Resolves after `ms`, or at once when `signal` aborts; never rejects and never keeps the process alive. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
};

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const wake = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", wake);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      timer.unref();
      signal?.addEventListener("abort", wake);
    }),
};

export const DAY_MS = 24 * 3600 * 1000;

/** What `work` gives, or a rejection after `ms` of real time: for what may hang with its socket. The work itself goes on. */
export async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`no end within ${ms} ms`)), ms);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Whole Unix seconds, as block times are told. */
export const nowSec = (clock: Clock): number => Math.floor(clock.nowMs() / 1000);

export const isoOfSec = (unixSec: number): string => new Date(unixSec * 1000).toISOString();
