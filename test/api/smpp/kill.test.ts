import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sendText } from "../../../api/providers/phone/send.ts";
import { openSmppCarrier } from "../../../api/providers/phone/smpp/carrier.ts";
import type { PhoneProvider } from "../../../api/providers/phone.ts";
import { type Death, mortal } from "../phone/mortal.ts";
import { merchantWallet as wallet } from "../support/wallet.ts";
import { createSmppWorld, envOf, inTime, type SmppWorld } from "./smpp-world.ts";
import { until } from "./smsc.ts";

const LONG = "a".repeat(200);

let world: SmppWorld;
beforeAll(async () => {
  world = await createSmppWorld();
  await world.bound();
});
afterAll(() => world?.close());

/** A process that sends a text of two parts and dies meanwhile, with all that it has open. */
async function sendAndDie(to: string, death: Death): Promise<{ reference: string; lived: boolean }> {
  const text = world.text({ to, text: LONG });
  const { deps, lived } = mortal({ ...world.deps }, death);
  const dying = await openSmppCarrier(deps, envOf({}, world.smsc)).catch(() => undefined);
  if (!dying) return { reference: text.reference, lived: false };
  await until(
    () => world.smsc.bound(),
    (bound) => bound === 2,
  );
  const phone: PhoneProvider = { ...deps.phone, sendMessage: dying.sendMessage, findMessage: dying.findMessage };
  await sendText({ ...deps, phone }, text, { address: wallet.address, chainId: 8453 }).catch(() => {});
  await dying.close();
  return { reference: text.reference, lived: lived() };
}

/** The parts of a text that left, in whichever order. */
const partsTo = (to: string) =>
  world.smsc.submits
    .filter(({ destination_addr: recipient }) => recipient === to.slice(1))
    .map(({ short_message: { udh } }) => (udh as Buffer[])[0]?.[4])
    .toSorted();

let tos = 0;

/** What the next process makes of it, and whether the first got to its end. */
async function outlive(death: Death): Promise<{ kind: string; parts: unknown[]; lived: boolean }> {
  const to = `+4477008${10_000 + tos++}`;
  const { reference, lived } = await sendAndDie(to, death);
  world.clock.advance(world.phone.answersWithinSec + 1);
  await inTime(world, world.bound());
  const { kind } = await world.send({ reference, to, line: undefined, text: LONG });
  return { kind, parts: partsTo(to), lived };
}

describe("a process that is killed at any step of sending a long text", () => {
  it("leaves it to the next, and no part of it leaves twice", async () => {
    const deaths = [];
    for (let step = 1; !deaths.at(-1)?.lived; step++)
      for (const when of ["before", "after"] as const) deaths.push(await outlive({ step, when }));
    const accepted = deaths.filter(({ kind }) => kind === "accepted");
    const inDoubt = deaths.filter(({ kind }) => kind === "unknown");
    for (const { parts } of accepted) expect(parts).toEqual([1, 2]);
    for (const { parts } of inDoubt) expect(new Set(parts).size).toBe(parts.length);
    expect(accepted.length + inDoubt.length).toBe(deaths.length);
    expect(inDoubt.length).toBeGreaterThan(2);
    expect(accepted.length).toBeGreaterThan(10);
  });
});
