import { clear, fail, tell } from "../status.ts";
import { rememberedWallet } from "../wallet.ts";
import { createAnswerCard } from "./answer-card.ts";
import { arrive, follow, unlessCalledOff } from "./arrive.ts";
import { isBlind } from "./ask.ts";
import type { PayData } from "./data.ts";
import { type Desk, listSessions, sell, turnTo } from "./desk.ts";
import { type Kept, keptSessions } from "./kept-sessions.ts";
import { createOffer } from "./offer.ts";
import { offerToContinue, payNow, untilMined } from "./pay-now.ts";
import { createProgressCard } from "./progress-card.ts";
import { isOfToken, type Quote } from "./quote.ts";
import { look } from "./watch.ts";
import { whenOf } from "./when.ts";

/** Shows what this browser has paid for already, or goes on paying for it, or offers it for sale. */
export async function openCheckout(data: PayData): Promise<void> {
  const desk: Desk = {
    data,
    kept: keptSessions(data.apiId),
    offer: data.state === "gone" ? undefined : createOffer(data, (choice) => payNow(desk, choice)),
    progress: createProgressCard(),
    answer: createAnswerCard(data, {
      callAgain: (sessionId) => use(desk, sessionId).catch(fail),
      buyMore: () => void sell(desk).catch(fail),
    }),
    pick: (session) => void pick(desk, session).catch(fail),
    current: undefined,
    stop: new AbortController(),
  };
  desk.kept.onElsewhere(() => goOnElsewhere(desk));
  const [newest] = desk.kept.all();
  if (newest) await pick(desk, newest);
  else await sell(desk);
}

/** What another tab begins or takes back is to be seen here as well, unless something else is going on. */
function goOnElsewhere(desk: Desk): void {
  listSessions(desk);
  const [newest] = desk.kept.all();
  if (desk.current === undefined && newest && newest.expiresAt === undefined) desk.pick(newest);
  const isTakenBack = desk.current !== undefined && desk.kept.find(desk.current) === undefined;
  if (isTakenBack && desk.progress.isOpen()) void sell(desk).catch(fail);
}

async function pick(desk: Desk, session: Kept): Promise<void> {
  clear();
  return session.expiresAt === undefined ? resume(desk, session) : use(desk, session.sessionId);
}

/** Calls with a session that is paid. */
async function use(desk: Desk, sessionId: string): Promise<void> {
  const signal = turnTo(desk, sessionId);
  tell("Calling …");
  const said = await unlessCalledOff(signal, look({ data: desk.data, sessionId, signal }, 0));
  if (!said) return;
  if (said.kind === "trouble") await arrive(desk, sessionId, { kind: "upstream-failed", refusal: said.refusal });
  else await arrive(desk, sessionId, said.kind === "quote" ? { kind: "lapsed", quote: said.quote } : said);
}

/** Patience with a transaction that was sent, before its payer is offered to send another. */
const PATIENCE_MS = 60_000;

/** Goes on with a payment that was begun before the page was left, or in another tab. */
async function resume(desk: Desk, session: Kept): Promise<void> {
  const { sessionId, way, price, txHash } = session;
  const signal = turnTo(desk, sessionId);
  if (isBlind(desk.data)) return showUnseen(desk, session);
  desk.answer.close();
  desk.offer?.setChoosing(false);
  desk.progress.open(way, price);
  desk.progress.say(`Begun on ${whenOf(session.startedAt)}. Looking whether it has arrived …`);
  if (txHash) {
    const wallet = await rememberedWallet();
    if (wallet) void untilMined(desk, { wallet, txHash, signal }).catch((error) => signal.aborted || fail(error));
    else desk.progress.steps.reach("mined");
  }
  const onPending = (quote: Quote) => {
    if (isOfToken(quote, desk.data.token.address)) desk.offer?.use(quote, session.payableUntil);
    desk.offer?.setChoosing(false);
    if (!txHash || Date.now() - session.startedAt > PATIENCE_MS) mayContinue(desk, session, quote);
  };
  await follow(desk, session, { signal, onPending });
}

/** Whether it was paid cannot be looked up without calling, which does something there. */
function showUnseen({ progress, offer, answer }: Desk, { sessionId, startedAt }: Kept): void {
  progress.close();
  offer?.close();
  const words = `Begun on ${whenOf(startedAt)}. Whether it was paid, your first request shows: it is answered, or asked for the price, and then nothing was done.`;
  answer.showWithout(sessionId, words, "Begun before");
}

function mayContinue(desk: Desk, { startedAt, payableUntil, way }: Kept, quote: Quote): void {
  const begun = `Begun on ${whenOf(startedAt)}, and not paid yet as far as can be seen. If you have confirmed it in your wallet, this page goes on by itself.`;
  if (isOfToken(quote, desk.data.token.address))
    offerToContinue(
      desk,
      { quote, payableUntil, way },
      `${begun} If not, continue: the contract takes this price only once.`,
    );
  // The page knows today's token alone: in it the amount would be told wrong, and the wrong balance looked up.
  else
    desk.progress.say(`${begun} If not, wait until this price has run out: the merchant asks for another token now.`);
}
