import { afterAll, beforeAll, expect, it } from "vitest";
import { keyWith, type TestKey } from "../balance/key.ts";
import { createPhoneShop, type PhoneShop, strangerWallet, wallet } from "../phone/phone-shop.ts";

const PRICE = 50_000n;
const TO = "+12125550123";

let shop: PhoneShop;
let line: string;
let key: TestKey;
beforeAll(async () => {
  shop = await createPhoneShop();
  line = await shop.line(1);
  key = await keyWith(shop, { microUsd: 2n * PRICE, of: wallet.address });
});
afterAll(() => shop?.close());

const send = (message: string, headers: Record<string, string>) =>
  shop.post("/api/v1/numbers/mine/send", { phoneNumber: line, to: TO, message }, headers);

it("shows a key that may manage the lines of its account's wallet, and no others", async () => {
  const { body } = await shop.ask("/api/v1/numbers/mine", { headers: key.headers });
  expect(body.numbers.map(({ phoneNumber }: { phoneNumber: string }) => phoneNumber)).toEqual([line]);
  const other = await keyWith(shop, { microUsd: PRICE, of: strangerWallet.address });
  expect((await shop.ask("/api/v1/numbers/mine", { headers: other.headers })).body.numbers).toEqual([]);
  expect((await send("Hello", other.headers)).body.error).toBe("line_not_found");
});

it("refuses a key with a cap: included texts would get around it", async () => {
  const capped = await keyWith(shop, { microUsd: 0n, of: wallet.address, capMicroUsd: 1n });
  expect((await shop.ask("/api/v1/numbers/mine", { headers: capped.headers })).body.error).toBe("key_may_not");
  expect((await send("Hello", capped.headers)).body.error).toBe("key_may_not");
});

it("sends the included text first and once per Idempotency-Key, then debits the balance", async () => {
  const named = { ...key.headers, "Idempotency-Key": "hello-1" };
  const answers = await Promise.all([send("Hello", named), send("Hello", named), send("Hello", named)]);
  expect(new Set(answers.map(({ body }) => body.messageId)).size).toBe(1);
  expect(answers[0]?.status).toBe(200);
  expect(answers.filter(({ headers }) => headers.get("idempotent-replayed") === null)).toHaveLength(1);
  const again = await send("Hello", named);
  expect([again.body, again.headers.get("idempotent-replayed")]).toEqual([answers[0]?.body, "true"]);
  const signedIn = { ...(await shop.signIn(wallet)), "Idempotency-Key": "hello-1" };
  expect((await send("Hello", signedIn)).headers.get("idempotent-replayed")).toBe("true");
  expect((await send("Something else", named)).body.error).toBe("idempotency_conflict");
  expect(await key.balance()).toBe(2n * PRICE);
  const paid = await send("And another", { ...key.headers, "Idempotency-Key": "hello-2" });
  expect([paid.status, paid.body.success]).toEqual([200, true]);
  expect(await key.balance()).toBe(PRICE);
});

it("buys for the account's wallet, which then holds what was bought", async () => {
  const rich = await keyWith(shop, { microUsd: 100_000_000n, of: strangerWallet.address });
  const bought = await shop.post("/api/v1/numbers/buy/us", { country: "US" }, rich.headers);
  expect(bought.status).toBe(200);
  expect(await rich.balance()).toBe(PRICE);
  const { body } = await shop.ask("/api/v1/numbers/mine", { headers: await shop.signIn(strangerWallet) });
  expect(body.numbers.map(({ phoneNumber }: { phoneNumber: string }) => phoneNumber)).toEqual([
    bought.body.phoneNumber,
  ]);
});
