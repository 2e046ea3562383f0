import { ApiError } from "../../errors.ts";
import { PRICES } from "../../prices.ts";
import { type OnceDeps, once } from "../../providers/phone/once.ts";
import type { NumberFacts, PhoneProvider, Refused } from "../../providers/phone.ts";
import { type JsonObject, NotYet, type Order, orNotYet, type Sale } from "../../sale.ts";
import { formatOf, readNumber } from "./format.ts";

export type LookupDeps = OnceDeps & { phone: PhoneProvider & Required<Pick<PhoneProvider, "lookUp">> };

/** What kind of number it is, and whose. */
export function lookupSale(deps: LookupDeps): Sale {
  return {
    id: "lookup",
    method: "POST",
    path: "/api/v1/lookup",
    priceMicroUsd: PRICES.lookupMicroUsd,
    description: "Look up a phone number: validity, formats, country, line type, carrier.",
    docs: DOCS,
    prepare: async ({ body }) => ({ phoneNumber: readNumber(body) }),
    fulfil: (order) => orNotYet(() => lookUp(deps, order)),
  };
}

async function lookUp(deps: LookupDeps, { id, input }: Order): Promise<JsonObject> {
  const phoneNumber = String(input.phoneNumber);
  const outcome = await once<NumberFacts>(deps, {
    reference: id,
    what: "lookup",
    act: () => answered(deps, phoneNumber),
    // Whoever asked before may have died over the answer; the carrier would take its fee again.
    find: async () => NO_ANSWER,
  });
  if (outcome.kind === "unknown") throw new NotYet(outcome.retryAfterSec);
  if (outcome.kind === "refused") throw new ApiError("provider_failed", { details: { reason: outcome.reason } });
  return answerOf(phoneNumber, outcome);
}

const NO_ANSWER: Refused = { kind: "refused", reason: "no_answer" };

/** Nothing is asked twice, so that nobody has to wait to hear that there is no answer. */
async function answered({ phone, log }: LookupDeps, phoneNumber: string): Promise<NumberFacts | Refused> {
  const facts = await phone.lookUp(phoneNumber).catch((error: Error) => {
    log.warn({ reason: error.message }, "the carrier looked nothing up");
    return NO_ANSWER;
  });
  return facts.kind === "unknown" ? NO_ANSWER : facts;
}

const answerOf = (phoneNumber: string, { lineType, carrier }: Omit<NumberFacts, "kind">): JsonObject => ({
  success: true,
  ...formatOf(phoneNumber),
  lineType: lineType ?? null,
  carrier: carrier ?? null,
});

const DOCS: Sale["docs"] = {
  summary: "Look Up a Phone Number",
  inputSchema: {
    type: "object",
    properties: {
      phoneNumber: { type: "string", maxLength: 40, description: "E.164, or as it is written in country" },
      country: { type: "string", pattern: "^[A-Z]{2}$", description: "ISO 3166-1 code" },
    },
    required: ["phoneNumber"],
  },
  exampleInput: { phoneNumber: "+12125551234" },
  exampleOutput: answerOf("+12125551234", { lineType: "landline", carrier: "Example Telecom" }),
};
