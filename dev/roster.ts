import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { identityOf } from "./identity.ts";

type Entry = { name: string; pid: number; identity: string };

/** The processes of one home, on disk, so that the next start can end what a killed one left behind. */
export type Roster = {
  add(name: string, pid: number): void;
  remove(pid: number): void;
  /** Ends every process that is still the one it was when it was written down; returns their names. */
  endLeftovers(): Promise<string[]>;
};

const GRACE_MS = 8_000;

export function openRoster(file: string): Roster {
  let entries: Entry[] = existsSync(file) ? read(file) : [];
  const write = () => {
    if (entries.length === 0) rmSync(file, { force: true });
    else replace(file, JSON.stringify(entries));
  };
  return {
    add(name, pid) {
      const identity = identityOf(pid);
      if (!identity) return;
      entries.push({ name, pid, identity });
      write();
    },
    remove(pid) {
      entries = entries.filter((entry) => entry.pid !== pid);
      write();
    },
    async endLeftovers() {
      const living = entries.filter(isSame);
      await Promise.all(living.map(end));
      entries = [];
      write();
      return living.map(({ name }) => name);
    },
  };
}

const read = (file: string): Entry[] => JSON.parse(readFileSync(file, "utf8")) as Entry[];

/** In one step and without waiting: a kill must neither cut the list short nor come before a process is on it. */
function replace(file: string, text: string): void {
  writeFileSync(`${file}.partial`, text);
  renameSync(`${file}.partial`, file);
}

const isSame = ({ pid, identity }: Entry): boolean => identityOf(pid) === identity;

async function end(entry: Entry): Promise<void> {
  const deadline = Date.now() + GRACE_MS;
  // Not SIGTERM: Ponder leaves a lock on it, and Postgres waits for its clients.
  signal(entry, "SIGINT");
  while (isSame(entry)) {
    if (Date.now() > deadline) signal(entry, "SIGKILL");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function signal({ pid }: Entry, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
