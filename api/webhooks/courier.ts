import { Webhook } from "standardwebhooks";
import { within } from "../clock.ts";
import type { Deps } from "../deps.ts";
import type { CallbackAnswer } from "../providers/callbacks.ts";
import { type Claimed, claim } from "./claim.ts";
import { giveBack, note, type Outcome } from "./note.ts";
import { unsealSecret } from "./secret.ts";

export type CourierDeps = Pick<Deps, "db" | "clock" | "log" | "secretsKey" | "callbacks" | "metrics">;

/** Carries deliveries to their targets. */
export type Courier = {
  /** Sends off what is due, as far as there is room, and does not wait for what comes of it. */
  run(): Promise<void>;
  /** Once nothing runs. */
  idle(): Promise<void>;
  /** Gives what runs a moment, then gives it back. */
  close(): Promise<void>;
};

const USER_AGENT = "Turnpike-Webhooks/1";
const CLOSE_WITHIN_MS = 1_000;

export function openCourier(deps: CourierDeps): Courier {
  const running = new Map<string, Claimed>();
  const flights = new Set<Promise<void>>();
  const stop = new AbortController();

  const send = async (delivery: Claimed) => {
    running.set(delivery.deliveryId, delivery);
    await deliver(deps, delivery, stop.signal).catch((error: Error) =>
      // The hold ends by itself, and then it is sent again.
      deps.log.warn({ delivery: delivery.deliveryId, reason: error.message }, "a delivery was not noted"),
    );
    running.delete(delivery.deliveryId);
  };
  const setOut = async () => {
    if (stop.signal.aborted) return;
    for (const delivery of await claim(deps, [...running.values()])) {
      // Whoever comes back makes room for the next: waiting for the next round would leave a busy target behind.
      const flight: Promise<void> = send(delivery)
        .then(run)
        .catch(() => {})
        .finally(() => flights.delete(flight));
      flights.add(flight);
    }
  };
  let setting: Promise<void> | undefined;
  const run = (): Promise<void> => {
    setting ??= setOut().finally(() => {
      setting = undefined;
    });
    return setting;
  };
  const idle = async () => {
    while (flights.size > 0) await Promise.all(flights);
  };
  return {
    run,
    idle,
    close: async () => {
      await within(CLOSE_WITHIN_MS, idle()).catch(() => stop.abort());
      await idle();
    },
  };
}

/** One attempt. The log names no target: its URL may be a credential. */
async function deliver(deps: CourierDeps, delivery: Claimed, stopped: AbortSignal): Promise<void> {
  const answer = await post(deps, delivery, stopped).catch((error: Error) => {
    deps.log.error({ delivery: delivery.deliveryId, reason: error.message }, "a webhook's secret cannot be read");
    return undefined;
  });
  if (answer === undefined && stopped.aborted) return giveBack(deps, delivery);
  const outcome: Outcome = await note(deps, delivery, answer);
  deps.metrics.webhooks.add(outcome);
  deps.log.debug({ delivery: delivery.deliveryId, status: answer?.status, outcome }, "a webhook was called");
}

/** Undefined, when there was no answer. */
async function post(deps: CourierDeps, delivery: Claimed, signal: AbortSignal): Promise<CallbackAnswer | undefined> {
  const headers = headersOf(deps, delivery);
  return deps.callbacks.post(delivery.url, { headers, body: delivery.body, signal }).catch(() => undefined);
}

/** By Standard Webhooks: the id is the event's however often it is sent, the time is that of this attempt. */
function headersOf({ secretsKey, clock }: CourierDeps, delivery: Claimed): Record<string, string> {
  const { eventId, webhookId, body, secrets } = delivery;
  const at = new Date(clock.nowMs());
  const signatures = secrets.map((sealed) =>
    new Webhook(unsealSecret(secretsKey, webhookId, sealed)).sign(eventId, at, body),
  );
  return {
    "content-type": "application/json",
    "user-agent": USER_AGENT,
    "webhook-id": eventId,
    "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
    "webhook-signature": signatures.join(" "),
  };
}
