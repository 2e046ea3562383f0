import { type KeyObject, randomUUID, sign } from "node:crypto";
import type { Clock } from "../../../api/clock.ts";

export type News = {
  type: "message.sent" | "message.finalized" | "message.received";
  payload: object;
  /** Tells it as it was told before, under the same id. */
  eventId?: string;
  how?: "forged" | "old";
};

/** Takes news to whoever wants it, signed, and three times at most. */
export function openCourier({ clock, key }: { clock: Pick<Clock, "nowMs">; key: KeyObject }) {
  const underWay = new Set<Promise<unknown>>();
  const abort = new AbortController();
  const answers: number[] = [];

  const once = async (url: string, news: News, attempt: number): Promise<boolean> => {
    const nowMs = clock.nowMs();
    const body = JSON.stringify({
      data: {
        event_type: news.type,
        id: news.eventId ?? randomUUID(),
        occurred_at: new Date(nowMs).toISOString(),
        payload: news.payload,
        record_type: "event",
      },
      meta: { attempt, delivered_to: url },
    });
    const timestamp = String(Math.floor(nowMs / 1000) - (news.how === "old" ? 301 : 0));
    const signed = sign(null, Buffer.from(`${timestamp}|${news.how === "forged" ? `${body} ` : body}`), key);
    const headers = {
      "content-type": "application/json",
      "telnyx-signature-ed25519": signed.toString("base64"),
      "telnyx-timestamp": timestamp,
    };
    const signal = AbortSignal.any([abort.signal, AbortSignal.timeout(5_000)]);
    const status = await fetch(url, { method: "POST", headers, body, signal }).then(
      (response) => response.status,
      () => 0,
    );
    answers.push(status);
    return status >= 200 && status < 300;
  };

  const bring = async (url: string, news: News): Promise<void> => {
    const same = { ...news, eventId: news.eventId ?? randomUUID() };
    for (let attempt = 1; attempt <= 3 && !abort.signal.aborted; attempt++) if (await once(url, same, attempt)) return;
  };

  return {
    /** Statuses that were answered to news, 0 for none. */
    answers,
    /** Resolves when it is delivered, or given up. */
    tell: (url: string | null, news: News): Promise<void> => {
      if (url === null) return Promise.resolve();
      const delivery = bring(url, news).finally(() => underWay.delete(delivery));
      underWay.add(delivery);
      return delivery;
    },
    close: async () => {
      abort.abort();
      await Promise.all(underWay);
    },
  };
}
export type Courier = ReturnType<typeof openCourier>;
