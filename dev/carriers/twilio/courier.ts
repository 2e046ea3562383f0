import { setTimeout as pause } from "node:timers/promises";
import { Agent } from "undici";
import { signatureOf } from "../../../api/providers/phone/twilio/signature.ts";

export type Push = { url: string; fields: Record<string, string>; authToken: string };

/** Twilio calls once more when nobody takes the call, and not again. */
const TRIES = 2;
const AGAIN_MS = 100;

/** What the sandbox tells whoever is its customer. */
export function createCourier() {
  const underWay = new Set<Promise<unknown>>();
  const ended = new AbortController();
  const agent = new Agent({ pipelining: 0 });
  /** Rejects never; the last status that came back, 0 for none. */
  const push = async ({ url, fields, authToken }: Push): Promise<number> => {
    const body = new URLSearchParams(fields);
    const headers = {
      "content-type": "application/x-www-form-urlencoded; charset=utf-8",
      "user-agent": "TwilioProxy/1.1",
      "x-twilio-signature": signatureOf(authToken, url, body),
    };
    for (let tries = 1; ; tries++) {
      const status = await post(agent, url, { headers, body: body.toString(), signal: ended.signal });
      if (status !== 0 || tries === TRIES || ended.signal.aborted) return status;
      await pause(AGAIN_MS, undefined, { ref: false });
    }
  };
  /** Does `work` in the background. */
  const go = (work: () => Promise<unknown>): void => {
    const done = work()
      .catch(() => {})
      .finally(() => underWay.delete(done));
    underWay.add(done);
  };
  return {
    push,
    go,
    /** Resolves once nothing is on its way. */
    idle: async () => {
      while (underWay.size > 0) await Promise.all(underWay);
    },
    close: async () => {
      ended.abort();
      await agent.destroy();
    },
  };
}

type Post = { headers: Record<string, string>; body: string; signal: AbortSignal };

/** To the URL as it stands: a parser would spell an apostrophe in its query anew. */
async function post(agent: Agent, url: string, { headers, body, signal }: Post): Promise<number> {
  const [, origin = "", path = "/"] = /^(https?:\/\/[^/?#]+)([^#]*)/.exec(url) ?? [];
  try {
    const answer = await agent.request({ origin, path: path || "/", method: "POST", headers, body, signal });
    await answer.body.dump();
    return answer.statusCode;
  } catch {
    return 0;
  }
}
