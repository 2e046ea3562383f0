import type { TelnyxEnv } from "../../../env/telnyx.ts";
import type { PhoneProvider } from "../../phone.ts";
import { openCatchUp } from "../catch-up.ts";
import { openInbox } from "../inbox.ts";
import { openAccount, TELNYX, type TelnyxDeps } from "./account.ts";
import { readSince } from "./catch-up.ts";
import { health } from "./health.ts";
import { release } from "./held.ts";
import { lookUp } from "./look-up.ts";
import { receive } from "./news.ts";
import { buyNumber, findPurchase, stock } from "./numbers.ts";
import { costOf, findMessage, sendMessage } from "./texts.ts";

/** Numbers and texts of an account at Telnyx. */
export function openTelnyx(env: TelnyxEnv, deps: TelnyxDeps): PhoneProvider {
  const account = openAccount(env, deps);
  const inbox = openInbox(deps, TELNYX);
  const catchUp = openCatchUp(account.clock, (since) => readSince(account, inbox, since));
  return {
    name: TELNYX,
    // Of a purchase: orders set off within 25 s and have 15 to be answered; what comes then changes nothing twice.
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
    close: account.http.close,
  };
}
