import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type Clock, systemClock } from "../../../api/clock.ts";
import { type Order, take } from "./control.ts";
import { createCourier } from "./courier.ts";
import type { Desk, Login } from "./desk.ts";
import { createFaults } from "./faults.ts";
import { type Inbound, receive } from "./receipts.ts";
import { serve } from "./serve.ts";
import { type HeldNumber, type Message, openState, type Service } from "./state.ts";

export type TwilioOptions = Partial<Login> & {
  /** 0, and unless told: a free one. */
  port?: number;
  /** Where numbers and texts are kept; absent, in memory. */
  stateFile?: string;
  /** The number that the account has from the beginning, and where its messages go. */
  pool?: { phoneNumber: string; smsUrl?: string };
  services?: Service[];
  balanceUsd?: number;
  receiptsAfterMs?: readonly [number, number];
  clock?: Pick<Clock, "nowMs">;
};

/** Twilio on this machine alone: nothing that it sells can be reached. */
export type TwilioSandbox = Login & {
  readonly url: string;
  readonly pool: string;
  /** What is to go otherwise than usual, as in POST /sandbox/faults. */
  order(order: Order): void;
  /** Somebody outside writes. The status of our customer's answer. */
  receive(message: Inbound): Promise<number>;
  messages(): readonly Message[];
  numbers(): readonly HeldNumber[];
  /** How often this was asked for, with the right token or not. */
  asked(what: string): number;
  /** Resolves once all receipts are told. */
  idle(): Promise<void>;
  close(): Promise<void>;
};

export const SANDBOX = {
  accountSid: `AC${"0".repeat(31)}1`,
  authToken: "sandbox-token",
  keySid: `SK${"0".repeat(31)}1`,
  keySecret: "sandbox-secret",
  pool: "+18005550199",
} as const;

export async function startTwilio(options: TwilioOptions = {}): Promise<TwilioSandbox> {
  const desk = openDesk(options);
  const server = createServer(
    (request, response) => void serve(desk, request, response).catch(() => response.destroy()),
  );
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  return {
    ...desk.login,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    pool: options.pool?.phoneNumber ?? SANDBOX.pool,
    order: (order) => take(desk, order),
    receive: (message) => receive(desk, message),
    messages: () => desk.state.messages,
    numbers: () => desk.state.numbers,
    asked: (what) => desk.counts.get(what) ?? 0,
    idle: desk.courier.idle,
    close: async () => {
      await desk.courier.close();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

function openDesk(options: TwilioOptions): Desk {
  const { accountSid, authToken, keySid, keySecret } = { ...SANDBOX, ...options };
  const clock = options.clock ?? systemClock;
  const pool: HeldNumber = {
    ...{ sid: `PN${"0".repeat(31)}1`, phoneNumber: options.pool?.phoneNumber ?? SANDBOX.pool, kind: "toll free" },
    ...{ friendlyName: "pool", smsUrl: options.pool?.smsUrl ?? null, addressSid: null, bundleSid: null },
    ...{ serviceSid: options.services?.[0]?.sid ?? null, createdAtMs: clock.nowMs() },
  };
  const kept = openState(options.stateFile, {
    ...{ balanceMicroUsd: Math.round((options.balanceUsd ?? 1_000) * 1e6), accountStatus: "active" },
    ...{ accountType: "Full", numbers: [pool], messages: [], services: options.services ?? [], optedOut: [] },
  });
  return {
    ...kept,
    ...{
      login: { accountSid, authToken, keySid, keySecret },
      clock,
      faults: createFaults(),
      courier: createCourier(),
      counts: new Map(),
    },
    receiptsAfterMs: options.receiptsAfterMs ?? [0, 0],
  };
}
