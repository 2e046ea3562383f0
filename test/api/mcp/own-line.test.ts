import { afterAll, beforeAll, expect, it } from "vitest";
import { keyWith } from "../balance/key.ts";
import { createPhoneShop, type PhoneShop, strangerWallet, wallet } from "../phone/phone-shop.ts";
import { callAt } from "./room.ts";

let shop: PhoneShop;
let line: string;
beforeAll(async () => {
  shop = await createPhoneShop();
  line = await shop.line(1);
});
afterAll(() => shop?.close());

const send = (message: string, headers: Record<string, string> = {}) =>
  callAt(shop.server)("send_sms_own_line", { phoneNumber: line, to: "+12125550123", message }, { headers });

it("a text from one's own line takes an included one first, and is asked to be paid after that", async () => {
  const signedIn = await shop.signIn(wallet);
  expect((await send("Hello")).structuredContent.accepts).toHaveLength(1);
  const included = await send("Hello", signedIn);
  expect([included.isError, included.structuredContent.success]).toEqual([undefined, true]);
  expect((await send("Hello again", signedIn)).structuredContent.accepts[0].amount).toBe("50000");
});

it("a key that may manage sends from its account's line, and a stranger's does not", async () => {
  const key = await keyWith(shop, { microUsd: 50_000n, of: wallet.address });
  expect((await send("By key", key.headers)).structuredContent.success).toBe(true);
  expect(await key.balance()).toBe(0n);
  const other = await keyWith(shop, { microUsd: 50_000n, of: strangerWallet.address });
  expect((await send("By another", other.headers)).structuredContent.error).toBe("line_not_found");
});
