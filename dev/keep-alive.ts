import { setTimeout as pause } from "node:timers/promises";
import type { Roster } from "./roster.ts";

/** One process that runs now. */
export type Running = {
  readonly pid: number;
  readonly exited: Promise<void>;
  /** Rejects when the process ends before it can do its work. Absent: it can already. */
  readonly ready?: Promise<void>;
  stop(): Promise<void>;
};

export type Spec<Kind extends Running> = {
  name: string;
  /** Called for the first life and, after a death, for each further one. */
  launch(life: number): Promise<Kind>;
};

export type Kept<Kind extends Running> = {
  /** The first life. */
  readonly first: Kind;
  /** Ends the life that runs now; the next one follows by itself. */
  restart(): Promise<void>;
  stop(): Promise<void>;
};

export type Watch = {
  roster: Roster;
  log: (line: string) => void;
  /** Ends a first launch that is still under way. */
  signal: AbortSignal;
};

const PAUSE_MS = { first: 200, longest: 5_000 };
/** A process that lived shorter than this is started again more slowly. */
const SHORT_LIFE_MS = 10_000;

/**
 * Starts a process, and starts it again whenever it ends without being told to.
 *
 * @throws what the first launch throws
 */
export async function keepAlive<Kind extends Running>(
  { name, launch }: Spec<Kind>,
  { roster, log, signal }: Watch,
): Promise<Kept<Kind>> {
  const stopping = new AbortController();
  let current: Kind | undefined;

  async function live(life: number): Promise<Kind> {
    const running = await launch(life);
    roster.add(name, running.pid);
    void running.exited.then(() => roster.remove(running.pid));
    current = running;
    const cut = () => void running.stop();
    signal.addEventListener("abort", cut);
    if (signal.aborted || stopping.signal.aborted) cut();
    try {
      await running.ready;
    } finally {
      signal.removeEventListener("abort", cut);
    }
    return running;
  }

  /** A life after a death; undefined when it ended before it could do its work. */
  async function relive(life: number): Promise<Kind | undefined> {
    try {
      const running = await live(life);
      log(`${name} runs again`);
      return running;
    } catch (error) {
      if (!stopping.signal.aborted) log(`${name} does not start: ${error instanceof Error ? error.message : error}`);
      return undefined;
    }
  }

  async function watch(first: Kind): Promise<void> {
    let running: Kind | undefined = first;
    let pauseMs = PAUSE_MS.first;
    for (let life = 1; ; life++) {
      const bornAt = Date.now();
      await running?.exited;
      if (running && !stopping.signal.aborted) log(`${name} ended; starting it again`);
      const lived = Date.now() - bornAt;
      pauseMs = lived > SHORT_LIFE_MS ? PAUSE_MS.first : Math.min(pauseMs * 2, PAUSE_MS.longest);
      await pause(pauseMs, undefined, { signal: stopping.signal }).catch(() => {});
      if (stopping.signal.aborted) return;
      running = await relive(life);
    }
  }

  const first = await live(0);
  const watched = watch(first);
  return {
    first,
    restart: async () => current?.stop(),
    stop: async () => {
      stopping.abort();
      await current?.stop();
      await watched;
    },
  };
}
