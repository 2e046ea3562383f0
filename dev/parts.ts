import { type Kept, keepAlive, type Running, type Spec, type Watch } from "./keep-alive.ts";
import type { Progress } from "./progress.ts";
import type { Secrets } from "./secrets.ts";
import type { Settings } from "./settings.ts";

/** What every part is started with. */
export type Tools = {
  settings: Settings;
  secrets: Secrets;
  progress: Progress;
  watch: Watch;
  /** What ends the parts, in the order in which they began. */
  stops: (() => Promise<void>)[];
};

/** Starts a part and keeps it running until everything stops. */
export async function run<Kind extends Running>({ watch, stops }: Tools, spec: Spec<Kind>): Promise<Kept<Kind>> {
  watch.signal.throwIfAborted();
  const kept = await keepAlive(spec, watch);
  stops.push(kept.stop);
  return kept;
}

export const loopback = (port: number): string => `http://127.0.0.1:${port}`;
