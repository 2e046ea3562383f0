import { setTimeout as sleep } from "node:timers/promises";
import { pino } from "pino";
import { systemClock } from "../../api/clock.ts";
import { type Db, openDbAsItIs } from "../../api/db.ts";
import type { PhoneEnv } from "../../api/env/phone.ts";
import type { Env } from "../../api/env.ts";
import { openPhone, type PhoneProvider } from "../../api/providers/phone.ts";
import { type Seen, usd } from "./check.ts";

const silent = pino({ level: "silent" });

/** What the carrier says of us: account, sender, balance. */
export async function carrier({ phone: env, databaseUrl, publicUrl }: Env): Promise<Seen> {
  if (env.carrier === "off") return { facts: { carrier: "off: no numbers and texts are sold" } };
  if (env.carrier === "sandbox") return { facts: { carrier: "sandbox", reaches: "nobody" } };
  const db = openDbAsItIs(databaseUrl, silent);
  try {
    const phone = await openCarrier(env, db, publicUrl);
    return await healthOf(phone).finally(() => phone.close());
  } finally {
    await db.close();
  }
}

const NO_TABLE = "42P01";

async function openCarrier(env: PhoneEnv, db: Db, publicUrl = "http://127.0.0.1:8402"): Promise<PhoneProvider> {
  const phone = await openPhone(env, { db, clock: systemClock, log: silent, publicUrl }).catch((error: Error) => {
    if ((error as { code?: unknown }).code !== NO_TABLE) throw error;
    throw new Error("DATABASE_URL: the API has made no tables there yet: start it once.");
  });
  if (!phone) throw new Error(`there is no carrier ${env.carrier}`);
  return phone;
}

/** Below this, 1e-6 USD, texts and lines are soon refused. */
const LOW_MICRO_USD = 5_000_000n;

async function healthOf(phone: PhoneProvider): Promise<Seen> {
  const { problems, balanceMicroUsd, facts } = await settled(phone);
  const isLow = balanceMicroUsd !== undefined && balanceMicroUsd < LOW_MICRO_USD;
  const isTold = problems.some((problem) => /balance/i.test(problem));
  return {
    problems: isLow && !isTold ? [...problems, "The balance is low: top it up at the carrier."] : problems,
    facts: {
      carrier: phone.name,
      ...(balanceMicroUsd !== undefined && { balance: usd(balanceMicroUsd) }),
      ...facts,
    },
  };
}

const LOOKS = 20;

/** A carrier that is spoken to over a connection of ours takes a moment to have it. */
async function settled(phone: PhoneProvider): ReturnType<PhoneProvider["health"]> {
  let health = await phone.health();
  for (let look = 1; phone.name === "smpp" && health.problems.length > 0 && look < LOOKS; look++) {
    await sleep(250);
    health = await phone.health();
  }
  return health;
}
