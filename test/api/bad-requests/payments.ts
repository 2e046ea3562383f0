import type { Dice } from "./dice.ts";
import { damaged, junk, SCRAPS, torn } from "./junk.ts";

/** What a 402 asks for, in both versions of x402. */
export type Asked = { v2: Record<string, unknown>; v1: Record<string, unknown> };

/** A header that pays nothing: junk, a payment with damage, or one that is whole but signed by nobody. */
export function badPayment(dice: Dice, asked: Asked, nowSec: number): [name: string, value: string] {
  const isV1 = dice.once(3);
  const name = isV1 ? "X-PAYMENT" : "Payment-Signature";
  const payload = isV1 ? payloadV1(dice, asked, nowSec) : payloadV2(dice, asked, nowSec);
  const makers = [
    () => headerSafe(dice.pick(SCRAPS)),
    () => base64(JSON.stringify(junk(dice, 3))),
    () => base64(torn(dice, JSON.stringify(payload))),
    () => torn(dice, base64(JSON.stringify(payload))),
    () => base64(JSON.stringify(payload)),
    () => base64(JSON.stringify(damaged(dice, payload, 1))),
    () => base64(JSON.stringify(damaged(dice, payload, 1))),
    () => base64(JSON.stringify(damaged(dice, payload, 1 + dice.roll(4)))),
  ];
  return [name, headerSafe(dice.pick(makers)())];
}

function payloadV2(dice: Dice, { v2 }: Asked, nowSec: number): Record<string, unknown> {
  const { accepts, resource, extensions } = v2 as {
    accepts: Record<string, unknown>[];
    resource: unknown;
    extensions: unknown;
  };
  const accepted = accepts[0] as Record<string, unknown>;
  const payload = signedByNobody(dice, { to: accepted.payTo, value: accepted.amount }, nowSec);
  return { x402Version: 2, resource, accepted, payload, extensions };
}

function payloadV1(dice: Dice, { v1 }: Asked, nowSec: number): Record<string, unknown> {
  const { scheme, network, payTo, maxAmountRequired } = v1;
  const payload = signedByNobody(dice, { to: payTo, value: maxAmountRequired }, nowSec);
  return { x402Version: 1, scheme, network, payload };
}

function signedByNobody(dice: Dice, asked: { to: unknown; value: unknown }, nowSec: number): Record<string, unknown> {
  const authorization = {
    from: dice.hex(20),
    ...asked,
    validAfter: dice.pick(["0", String(nowSec + 1_000), String(nowSec - 600), "9".repeat(78)]),
    validBefore: dice
      .pick([nowSec + 60, nowSec + 60, nowSec + 250, nowSec - 1, nowSec + 10 ** 9, 10 ** 20, 0])
      .toString(),
    nonce: dice.hex(32),
  };
  return { signature: dice.pick([dice.hex(65), dice.hex(65), `0x${"00".repeat(65)}`, dice.hex(400)]), authorization };
}

const base64 = (text: string): string => Buffer.from(text).toString("base64");

/** Node sends no other bytes in a header, whoever else may. */
const headerSafe = (text: string): string => text.replace(/[^\t\x20-\x7e\x80-\xff]/g, "?");
