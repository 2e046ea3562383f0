import type { Logger } from "pino";
import type { Clock } from "../../../clock.ts";
import type { Db } from "../../../db.ts";
import type { TwilioEnv } from "../../../env/twilio.ts";
import type { PhoneProvider } from "../../phone.ts";
import { openCatchUp } from "../catch-up.ts";
import { openInbox } from "../inbox.ts";
import { TWILIO } from "./account.ts";
import { readSince } from "./catch-up.ts";
import { costOf } from "./costs.ts";
import { health } from "./health.ts";
import { type LineDeps, openLine } from "./line.ts";
import { lookUp } from "./look-up.ts";
import { receive } from "./news.ts";
import { buyNumber, findPurchase, release } from "./numbers.ts";
import { stock } from "./on-sale.ts";
import { findMessage, sendMessage } from "./texts.ts";

export type TwilioDeps = { db: Db; clock: Clock; log: Logger; publicUrl: string } & Pick<LineDeps, "timeoutMs">;

/** Numbers and texts of an account at Twilio. */
export function openTwilio(env: TwilioEnv, deps: TwilioDeps): PhoneProvider {
  const line = openLine(env, deps);
  const inbox = openInbox(deps, TWILIO);
  const account = { ...deps, env, line };
  const catchUp = openCatchUp(account.clock, (since) => readSince(account, inbox, since));
  return {
    name: TWILIO,
    actsAs: `${env.accountSid} ${Object.values(env.sender)}`,
    // A purchase is begun within 12 seconds and has 15 to be answered; numbers that others had first leave it some more.
    answersWithinSec: 60,
    stock: (country) => stock(account, country),
    buyNumber: (order) => buyNumber(account, order),
    release: (number) => release(account, number),
    sendMessage: (text) => sendMessage(account, text),
    findPurchase: (reference, triedAt) => findPurchase(account, reference, triedAt),
    findMessage: (text, triedAt) => findMessage(account, text, triedAt),
    events: async () => {
      await catchUp();
      return inbox.events();
    },
    acknowledge: inbox.acknowledge,
    receive: (news) => receive(account, inbox, news),
    lookUp: (phoneNumber) => lookUp(account, phoneNumber),
    costOf: (reference) => costOf(account, reference),
    health: () => health(account),
    close: line.close,
  };
}
