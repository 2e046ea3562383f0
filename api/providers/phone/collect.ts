import type pg from "pg";
import type { CarrierEvent, Inbound, Receipt } from "../phone.ts";
import { keepCost } from "./costs.ts";
import { keepInbound, keepReceipt } from "./messages.ts";
import type { OnceDeps } from "./once.ts";
import { keepWish, wishOf } from "./opt-outs.ts";

/** So much for one run of the worker, which has other processes beside it. */
const MOST_ROUNDS = 50;

/** One run of the worker: takes in what the carrier has to tell, receipts and texts from outside, while there is more. */
export async function collectEvents(deps: OnceDeps): Promise<void> {
  for (let round = 0; round < MOST_ROUNDS && (await collectRound(deps)); round++);
}

/** True: all of it was taken in, and there may be more. */
async function collectRound(deps: OnceDeps): Promise<boolean> {
  const events = await deps.phone.events();
  const taken: string[] = [];
  for (const event of events)
    await takeEvent(deps, event).then(
      () => taken.push(event.id),
      // Told again later; the others must not wait for it.
      (error: Error) => deps.log.warn({ event: event.id, reason: error.message }, "an event was not taken in"),
    );
  if (taken.length > 0) await deps.phone.acknowledge(taken);
  return taken.length > 0 && taken.length === events.length;
}

/** Takes one event in; again has no further effect. */
export async function takeEvent(
  deps: Pick<OnceDeps, "db" | "clock" | "phone" | "rules">,
  event: CarrierEvent,
): Promise<void> {
  const now = new Date(deps.clock.nowMs());
  await deps.db.transaction(async (client) => {
    if (event.kind === "receipt") return takeReceipt(client, event, { carrier: deps.phone.name, now });
    const inbound = { ...event, ...printable(event) };
    // Nobody can read the pool's: only what they wish is kept.
    if (inbound.line !== undefined) await keepInbound(client, inbound, now);
    const wish = wishOf(inbound.text, deps.rules?.words);
    if (wish)
      await keepWish(client, { line: inbound.line, other: inbound.from }, { isOut: wish === "stop", at: event.at });
  });
}

async function takeReceipt(
  client: pg.ClientBase,
  receipt: Receipt,
  { carrier, now }: { carrier: string; now: Date },
): Promise<void> {
  const { reference, costMicroUsd } = receipt;
  if (costMicroUsd !== undefined) await keepCost(client, { reference, carrier, costMicroUsd, at: now });
  await keepReceipt(client, receipt, now);
}

/** Postgres takes neither NUL nor half a character, and what somebody outside wrote may hold both. */
const printable = ({ text, from }: Inbound) => ({
  text: text.replaceAll("\0", "").toWellFormed(),
  from: from.replaceAll("\0", "").toWellFormed(),
});
