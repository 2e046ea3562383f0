import type { Clock } from "../../../clock.ts";
import type { Db } from "../../../db.ts";
import type { TwilioEnv } from "../../../env/twilio.ts";
import type { Line } from "./line.ts";

export const TWILIO = "twilio";

/** An account at Twilio in use. */
export type Account = { env: TwilioEnv; line: Line; db: Db; clock: Clock; publicUrl: string };

/** A path below the account. */
export const pathOf = ({ env }: Pick<Account, "env">, below: string): string =>
  `/2010-04-01/Accounts/${env.accountSid}${below}`;

/** Where Twilio tells us what. */
export const newsUrl = ({ publicUrl }: Pick<Account, "publicUrl">, path: "inbound" | `status/${string}`): string =>
  `${publicUrl}/api/v1/carrier/${TWILIO}/${path}`;

/**
 * After this long without an answer to an effect it is in Twilio's lists, or there will be none: our time-out, what may
 * pass until the lists have caught up, and clocks that differ.
 */
const SURELY_OVER_SEC = 120;

export const isSurelyOver = ({ clock }: Pick<Account, "clock">, triedAt: Date): boolean =>
  clock.nowMs() - triedAt.getTime() >= SURELY_OVER_SEC * 1000;
