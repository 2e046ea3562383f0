import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { keyWith } from "../balance/key.ts";
import { createPhoneShop, type PhoneShop } from "../phone/phone-shop.ts";
import { type Smsc, startSmsc } from "./smsc.ts";

const PRICE = 50_000n;

let smsc: Smsc;
let shop: PhoneShop;
beforeAll(async () => {
  smsc = await startSmsc();
  shop = await createPhoneShop({
    PHONE_CARRIER: "smpp",
    SMPP_URL: `smpp://127.0.0.1:${smsc.port}`,
    SMPP_SYSTEM_ID: "turnpike",
    SMPP_PASSWORD: "secret",
    SMPP_FROM: "72345",
  });
  await vi.waitFor(() => expect(smsc.bound()).toBe(1), 10_000);
});
afterAll(async () => {
  await shop?.close();
  await smsc?.close();
});

/** A text bought from a balance of its price, and what is left of that once it is as expected, while time goes by. */
async function buy(balance: bigint, stepSec: number): Promise<{ to: string }> {
  const to = `+4477009${10_000 + smsc.submits.length}`;
  const key = await keyWith(shop, { microUsd: PRICE });
  let isAnswered = false;
  const answer = shop.post("/api/v1/sms/send", { to, message: "x" }, key.headers).finally(() => {
    isAnswered = true;
  });
  const look = async () => {
    shop.clock.advance(stepSec);
    expect([isAnswered, await key.balance()]).toEqual([true, balance]);
  };
  await vi.waitFor(look, 20_000);
  await answer;
  return { to };
}
const sentTo = (to: string) => smsc.submits.filter(({ destination_addr: recipient }) => `+${recipient}` === to).length;

describe("a text paid from a balance", () => {
  it("is charged when it is taken on", async () => {
    expect(sentTo((await buy(0n, 1)).to)).toBe(1);
  });

  it("is credited when it is refused", async () => {
    smsc.replies.push({ command_status: 0x0b });
    expect(sentTo((await buy(PRICE, 1)).to)).toBe(1);
  });

  it("is credited when nobody ever learns what came of it, and never sent again", async () => {
    smsc.replies.push("silence");
    expect(sentTo((await buy(PRICE, 300)).to)).toBe(1);
  });
});
