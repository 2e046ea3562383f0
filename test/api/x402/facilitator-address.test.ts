import type { PaymentPayload, PaymentRequirements } from "@x402/core/types";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openHttpFacilitator } from "../../../api/providers/facilitator/http.ts";
import { type FacilitatorStub, startFacilitatorStub } from "./facilitator-stub.ts";

let stub: FacilitatorStub;
beforeAll(async () => {
  stub = await startFacilitatorStub();
});
afterAll(() => stub?.close());

const payload = { x402Version: 2, payload: {} } as unknown as PaymentPayload;
const requirements = {} as PaymentRequirements;

it("a facilitator is asked with its URL's query and with the authorization that it wants, and no log tells either", async () => {
  const logs: string[] = [];
  const log = { warn: (...line: unknown[]) => void logs.push(JSON.stringify(line)) };
  const facilitator = openHttpFacilitator(`${stub.url}/x402/?key=SECRET`, {
    facilitatorAuthorization: "Bearer SECRET",
    log,
  });
  await facilitator.verify(payload, requirements);
  await facilitator.settle(payload, requirements);
  await facilitator.health();
  stub.verify = { text: "nonsense" };
  await facilitator.verify(payload, requirements);
  await facilitator.close();
  const paths = ["verify", "settle", "supported", "verify"].map((verb) => `/x402/${verb}?key=SECRET`);
  expect(stub.asked.map(({ path }) => path)).toEqual(paths);
  expect(stub.asked.map(({ authorization }) => authorization)).toEqual(Array(4).fill("Bearer SECRET"));
  expect(logs).toHaveLength(1);
  expect(logs.join()).not.toContain("SECRET");
});
