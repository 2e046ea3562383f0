import { randomUUID } from "node:crypto";
import { Webhook } from "standardwebhooks";
import { vi } from "vitest";
import { type Event, emit } from "../../../api/events.ts";
import { SIGN_IN } from "../../../api/limits.ts";
import { type Answer, createWorld, JSON_TYPE, type World } from "../../world.ts";
import { signedIn, merchantWallet as wallet } from "../support/wallet.ts";
import { answering, type Listener, startListener, type Told } from "./listener.ts";

type Asked = { body?: unknown; headers?: Record<string, string> };

export type Hook = { webhook_id: string; secret: string };

/** A shop whose owner has a server that is told of things. */
export type WebhookWorld = World & {
  readonly listener: Listener;
  /** Another server that may be told of things. */
  readonly other: Listener;
  /** A request of the owner's, unless `headers` are somebody else's. */
  manage(method: string, path: string, asked?: Asked): Promise<Answer>;
  /** A webhook of the owner's, at `listener` unless told otherwise. */
  hook(fields?: Record<string, unknown>): Promise<Hook>;
  /** Something happens to the owner. */
  happen(event?: Partial<Event>): Promise<void>;
  /** Lets time go by and the couriers of all processes set out. */
  pass(sec?: number): void;
  /** No webhooks, and servers that answer 204 and were told nothing. */
  reset(): Promise<void>;
  /** What the owner's log says of a webhook, once that is as expected. */
  log(hook: Hook, isSo?: (deliveries: Answer["body"][]) => boolean): Promise<Answer["body"][]>;
};

export async function createWebhookWorld(env: NodeJS.ProcessEnv = {}): Promise<WebhookWorld> {
  const [listener, other] = [await startListener(), await startListener()];
  const world = await createWorld({ UPSTREAM_ALLOW: `${listener.host},${other.host}`, ...env });
  let owner = { headers: await signedIn(world, wallet), untilSec: world.clock.nowSec + SIGN_IN.tokenValidSec };
  const ownHeaders = async () => {
    if (owner.untilSec <= world.clock.nowSec)
      owner = { headers: await signedIn(world, wallet), untilSec: world.clock.nowSec + SIGN_IN.tokenValidSec };
    return owner.headers;
  };
  const manage: WebhookWorld["manage"] = async (method, path, { body, headers } = {}) =>
    world.ask(`/api/v1/webhooks${path}`, {
      method,
      headers: { ...(body !== undefined && JSON_TYPE), ...(headers ?? (await ownHeaders())) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  return {
    ...world,
    listener,
    other,
    manage,
    hook: async (fields = {}) => {
      const { status, body, text } = await manage("POST", "", { body: { url: listener.url, ...fields } });
      if (status !== 200) throw new Error(text);
      return body;
    },
    happen: (event = {}) => emit(world.server.deps.db.pool, { ...usual(world), ...event }),
    pass: (sec = 1) => world.clock.advance(sec),
    log: (hook, isSo = () => true) =>
      vi.waitFor(async () => {
        const { body } = await manage("GET", `/${hook.webhook_id}/deliveries`);
        // A courier may have been on its way when time went by.
        world.clock.advance(0.5);
        if (!isSo(body.deliveries)) throw new Error(`still ${JSON.stringify(body.deliveries)}`);
        return body.deliveries;
      }, 10_000),
    reset: async () => {
      await world.server.deps.db.pool.query("delete from app.webhook");
      for (const { told, answer } of [listener, other]) {
        told.length = 0;
        answer(answering(204));
      }
    },
    close: async () => {
      await world.close();
      await listener.close();
      await other.close();
    },
  };
}

const usual = ({ clock }: World): Event => ({
  type: "order.received",
  owner: wallet.address,
  data: { order_id: "1" },
  at: new Date(clock.nowMs()),
  id: randomUUID(),
});

/** What the package that receivers use makes of it, at the time of the world. @throws WebhookVerificationError */
export function verified({ clock }: Pick<World, "clock">, { headers, body }: Told, secret: string): unknown {
  const today = vi.spyOn(Date, "now").mockReturnValue(clock.nowMs());
  try {
    return new Webhook(secret).verify(body, headers as Record<string, string>);
  } finally {
    today.mockRestore();
  }
}
