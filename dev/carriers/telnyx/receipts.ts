import { randomUUID } from "node:crypto";
import { setTimeout as after } from "node:timers/promises";
import type { Counter } from "./counter.ts";
import type { TextPlan } from "./faults.ts";
import { receivedOf, textOf } from "./shapes.ts";
import type { Received, Text } from "./state.ts";

/** Between what happens to a text. */
const STEP_MS = 15;

type Step = { status: Text["status"]; how?: "forged" | "old"; again?: boolean };

const USUAL: readonly Step[] = [{ status: "sent" }, { status: "delivered" }];
const PLANS: Record<TextPlan, readonly Step[]> = {
  usual: USUAL,
  none: [],
  early: [],
  duplicate: [
    { status: "sent", again: true },
    { status: "delivered", again: true },
  ],
  reordered: [{ status: "delivered" }, { status: "sent" }],
  undelivered: [{ status: "sent" }, { status: "delivery_failed" }],
  unconfirmed: [{ status: "sent" }, { status: "delivery_unconfirmed" }],
  forged: [{ status: "delivered", how: "forged" }],
  old: [{ status: "delivered", how: "old" }],
};

/** Tells what becomes of a text, once its sender has the answer; with `early` before that. */
export async function afterwards(counter: Counter, text: Text, plan: TextPlan): Promise<() => void> {
  if (plan === "early") await tell(counter, text, { status: "delivered" });
  return () => {
    const work = async () => {
      for (const step of PLANS[plan]) {
        await after(STEP_MS);
        await tell(counter, text, step);
      }
      const [, reply] = /^Reply (.+)$/s.exec(text.text) ?? [];
      if (reply) await receive(counter, { from: text.to, to: text.from, text: reply });
    };
    // Whatever was on its way when the sandbox closes is lost with it.
    work().catch(() => {});
  };
}

async function tell({ state, courier }: Counter, text: Text, { status, how, again }: Step): Promise<void> {
  const at = new Date(state.clock.nowMs());
  text.status = status;
  text.sentAt ??= at;
  if (status !== "sent") text.completedAt ??= at;
  const type = status === "sent" ? "message.sent" : "message.finalized";
  const news = { type, payload: textOf(text), eventId: randomUUID(), ...(how && { how }) } as const;
  if (state.isMute) return;
  await courier.tell(text.webhookUrl, news);
  if (again) await courier.tell(text.webhookUrl, news);
}

/** Somebody outside writes to a number of the account. Returns the message's id. */
export async function receive(
  { state, courier }: Counter,
  { from, to, text }: { from: string; to: string; text: string },
): Promise<string> {
  const number = state.held.get(to);
  const profile = number?.profileId ? state.profiles.get(number.profileId) : undefined;
  if (!profile) throw new Error(`nobody holds ${to}`);
  const received: Received = {
    ...{ id: randomUUID(), from, to, text, profileId: profile.id },
    at: new Date(state.clock.nowMs()),
  };
  state.received.unshift(received);
  const word = text.trim().toUpperCase();
  if (word === "STOP") state.stopped.add(`${profile.id} ${from}`);
  if (word === "START") state.stopped.delete(`${profile.id} ${from}`);
  const news = { type: "message.received", payload: receivedOf(received) } as const;
  if (!state.isMute) await courier.tell(profile.webhookUrl, news);
  return received.id;
}
