import { pino } from "pino";
import { expect, it } from "vitest";
import { carrierRoutes } from "../../../api/providers/phone/carrier-routes.ts";
import type { CarrierReply, PhoneProvider } from "../../../api/providers/phone.ts";
import { TestClock } from "../support/test-clock.ts";

it("who has no signature fills no log: refusals are told together", async () => {
  const lines: Record<string, unknown>[] = [];
  const log = pino({}, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const clock = new TestClock();
  let reply: CarrierReply = { status: 403 };
  const phone = { name: "twilio", receive: async () => reply } as unknown as PhoneProvider;
  const routes = carrierRoutes({ phone, log, clock });
  const tell = async () =>
    (await routes.request("/twilio/inbound", { method: "POST", body: "x" }, { incoming: { url: "/" } })).status;
  for (let i = 0; i < 20; i++) expect(await tell()).toBe(403);
  expect(lines).toMatchObject([{ carrier: "twilio", status: 403, times: 1 }]);
  clock.advance(60);
  reply = { status: 204 };
  expect(await tell()).toBe(204);
  expect(lines).toHaveLength(1);
  reply = { status: 400 };
  expect(await tell()).toBe(400);
  expect(lines[1]).toMatchObject({ carrier: "twilio", status: 400, times: 20 });
});
