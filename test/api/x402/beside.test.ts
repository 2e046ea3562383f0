import { afterAll, beforeAll, expect, it } from "vitest";
import { JSON_TYPE } from "../../world.ts";
import { type Counter, NAME, openCounter, signedInAs } from "./counter.ts";
import { headerV2, wallet } from "./payer.ts";
import { GREETING, SECOND } from "./sales.ts";

let counter: Counter;
beforeAll(async () => {
  counter = await openCounter();
});
afterAll(() => counter?.world.close());

it("what is included is not charged for, though a payment came with the call", async () => {
  const payer = wallet();
  const paying = await counter.sign({ payer }, SECOND);
  const headers = await signedInAs(counter.world, payer);
  counter.sales.included = { success: true, included: 9 };
  const answer = await counter.pay(paying, { path: SECOND, headers });
  counter.sales.included = undefined;
  expect([answer.status, answer.body]).toEqual([200, { success: true, included: 9 }]);
  expect(answer.headers.get("payment-response")).toBeNull();
  expect([counter.facilitator.settles, counter.sales.asked.length]).toEqual([0, 0]);
  expect((await counter.pay(paying, { path: SECOND })).body).toEqual({ success: true, second: "ada" });
});

it("a payment may come in a header of the name Payment, from pages as well", async () => {
  const { accepted, signed } = await counter.sign();
  const headers = { ...JSON_TYPE, Payment: headerV2(accepted, signed)["Payment-Signature"] };
  const answer = await counter.world.ask(GREETING, { method: "POST", headers, body: JSON.stringify(NAME) });
  expect([answer.status, answer.body.greeting]).toEqual([200, "hello ada"]);
  const preflight = { Origin: "https://page.example", "Access-Control-Request-Method": "POST" };
  const allowed = await counter.world.ask(GREETING, { method: "OPTIONS", headers: preflight });
  expect(allowed.headers.get("access-control-allow-headers")?.split(/, ?/)).toContain("Payment");
});

it("a payment that is good for long is not taken, as it would be watched for as long", async () => {
  const answer = await counter.pay(await counter.sign({ validForSec: 901 }));
  expect([answer.status, answer.body.details.reason]).toEqual([402, "requirements_mismatch"]);
  expect(answer.body.message).toBe("The payment was refused: nothing has been charged so far.");
  expect((await counter.pay(await counter.sign({ validForSec: 900 }))).status).toBe(200);
});
