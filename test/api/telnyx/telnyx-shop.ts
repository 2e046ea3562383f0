import { pino } from "pino";
import { inject } from "vitest";
import { type Db, openDb } from "../../../api/db.ts";
import type { TelnyxEnv } from "../../../api/env/telnyx.ts";
import { openTelnyx } from "../../../api/providers/phone/telnyx/carrier.ts";
import type { PhoneProvider } from "../../../api/providers/phone.ts";
import { startTelnyxSandbox, type TelnyxSandbox } from "../../../dev/carriers/telnyx/server.ts";
import { freshDatabase } from "../../support/database.ts";
import { TestClock } from "../support/test-clock.ts";

export type Desk = {
  readonly sandbox: TelnyxSandbox;
  readonly phone: PhoneProvider;
  readonly clock: TestClock;
  readonly db: Db;
  /** What was logged. */
  readonly logs: string[];
  /** The adapter with other settings, on the same database. */
  open(env: Partial<TelnyxEnv>, publicUrl?: string): PhoneProvider;
  close(): Promise<void>;
};

export const HASTE = { connect: 3_000, ask: 3_000, act: 600 };

/** The adapter before the sandbox, without a shop around it. */
export async function openDesk(): Promise<Desk> {
  const clock = new TestClock();
  const sandbox = await startTelnyxSandbox({ clock, orderMs: 0 });
  const logs: string[] = [];
  const log = pino({ level: "warn" }, { write: (line) => void logs.push(line) });
  const db = await openDb(await freshDatabase(inject("pgUrl")), pino({ level: "silent" }));
  const opened: PhoneProvider[] = [];
  const open: Desk["open"] = (env, publicUrl = "http://127.0.0.1:1") => {
    const { apiKey, publicKey, profileId, from, url } = sandbox;
    const full = { carrier: "telnyx", apiKey, publicKey, profileId, pool: { from }, url, ...env } as const;
    const phone = openTelnyx(full, { db, clock, log, publicUrl, timeoutMs: HASTE });
    opened.push(phone);
    return phone;
  };
  const phone = open({});
  return {
    ...{ sandbox, phone, clock, db, logs, open },
    close: async () => {
      for (const one of opened) await one.close();
      await sandbox.close();
      await db.close();
    },
  };
}
