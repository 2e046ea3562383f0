import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Logger, pino } from "pino";
import { inject } from "vitest";
import { z } from "zod";
import { type Db, openDb } from "../../../api/db.ts";
import { type SmppEnv, smppOf, smppVariables } from "../../../api/env/smpp.ts";
import { collectEvents } from "../../../api/providers/phone/collect.ts";
import type { Message } from "../../../api/providers/phone/messages.ts";
import { sendText } from "../../../api/providers/phone/send.ts";
import { openPhone, type PhoneProvider, type Text } from "../../../api/providers/phone.ts";
import { freshDatabase } from "../../support/database.ts";
import { TestClock } from "../support/test-clock.ts";
import { merchantWallet as wallet } from "../support/wallet.ts";
import { type Smsc, startSmsc, until } from "./smsc.ts";

export const LINE = "+12015550100";
export const LINES = [
  { phoneNumber: LINE, country: "US", monthlyUsd: 1.5 },
  { phoneNumber: "+12015550101", country: "US", monthlyUsd: 1 },
  { phoneNumber: "+447700900200", country: "GB" },
];

/** One process with the npm package's SMSC opposite; time moves by hand. */
export type SmppWorld = {
  readonly smsc: Smsc;
  readonly clock: TestClock;
  readonly db: Db;
  readonly phone: PhoneProvider;
  readonly deps: { db: Db; clock: TestClock; log: Logger; phone: PhoneProvider };
  /** What was logged. */
  readonly logged: string[];
  text(given?: Partial<Text>): Text;
  /** Puts a text on record, and sends it at most once: the same again looks what came of it. */
  send(text: Text): Promise<{ kind: string; status: string }>;
  statusOf(text: Text): Promise<string>;
  /** Texts from outside, in the order in which they were told. */
  received(): Promise<{ other: string; line: string; body: string }[]>;
  collect(): Promise<void>;
  bound(): Promise<void>;
  /** Another process on the same database and SMSC. */
  sibling(): Promise<SmppWorld>;
  close(): Promise<void>;
};

export async function createSmppWorld(
  env: Record<string, string> = {},
  shared: Partial<Shared> = {},
): Promise<SmppWorld> {
  const whole: Shared = {
    smsc: shared.smsc ?? (await startSmsc()),
    databaseUrl: shared.databaseUrl ?? (await freshDatabase(inject("pgUrl"))),
    clock: shared.clock ?? new TestClock(),
  };
  const folder = await mkdtemp(path.join(tmpdir(), "turnpike-smpp-"));
  const numbers = path.join(folder, "numbers.json");
  await writeFile(numbers, JSON.stringify(LINES));
  const logged: string[] = [];
  const log: Logger = pino({ level: "info" }, { write: (line) => void logged.push(line) });
  const db = await openDb(whole.databaseUrl, log);
  const { clock, smsc } = whole;
  const phone = (await openPhone(envOf({ SMPP_NUMBERS: numbers, ...env }, smsc), {
    ...{ db, clock, log },
    publicUrl: "http://127.0.0.1:8402",
  })) as PhoneProvider;
  await rm(folder, { recursive: true });
  const world = worldOf({ db, clock, log, phone }, smsc, logged);
  const siblings: SmppWorld[] = [];
  return {
    ...world,
    sibling: async () => {
      const sibling = await createSmppWorld(env, whole);
      siblings.push(sibling);
      return sibling;
    },
    close: async () => {
      for (const sibling of siblings) await sibling.close();
      await phone.close();
      if (!shared.smsc) await smsc.close();
      await db.close();
    },
  };
}

let tos = 0;

type Shared = { smsc: Smsc; databaseUrl: string; clock: TestClock };

export const envOf = (env: Record<string, string>, smsc: Smsc): SmppEnv =>
  smppOf(
    z.object(smppVariables).parse({
      SMPP_URL: `smpp://127.0.0.1:${smsc.port}`,
      SMPP_SYSTEM_ID: "turnpike",
      SMPP_PASSWORD: "secret",
      SMPP_FROM: "Turnpike",
      ...env,
    }),
  );

function worldOf(deps: SmppWorld["deps"], smsc: Smsc, logged: string[]): Omit<SmppWorld, "sibling" | "close"> {
  const { db, clock, phone } = deps;
  const statusOf = async ({ reference }: Pick<Message, "reference">) =>
    (await db.pool.query("select status from app.message where reference = $1", [reference])).rows[0]?.status;
  return {
    ...{ smsc, clock, db, phone, deps, logged, statusOf },
    text: (given) => {
      tos++;
      return { reference: randomUUID(), line: undefined, to: `+4477009${10_000 + tos}`, text: "Hello", ...given };
    },
    send: async (text) => {
      const { outcome } = await sendText(deps, text, { address: wallet.address, chainId: 8453 });
      return { kind: outcome.kind, status: await statusOf(text) };
    },
    received: async () => {
      await collectEvents(deps);
      const query =
        "select other, line, body from app.message where direction = 'inbound' order by created_at, updated_at";
      return (await db.pool.query(query)).rows;
    },
    collect: () => collectEvents(deps),
    bound: async () => void (await until(phone.health, ({ problems }) => problems.length === 0)),
  };
}

/** What comes of `work` while time goes by, as fast as `stepSec` says: what must not come too late needs small steps. */
export async function inTime<T>({ clock }: Pick<SmppWorld, "clock">, work: Promise<T>, stepSec = 1): Promise<T> {
  let isOver = false;
  const watched = work.finally(() => {
    isOver = true;
  });
  const timePasses = until(() => {
    clock.advance(stepSec);
    return isOver;
  }, Boolean);
  await Promise.race([watched, timePasses]);
  await timePasses;
  return watched;
}
