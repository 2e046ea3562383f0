import parsePhoneNumber from "libphonenumber-js";
import { type Asked, below, type Desk, only, type Reply, type Route } from "./desk.ts";
import { notFound, TwilioRefusal } from "./refusal.ts";
import { rfc2822 } from "./shapes.ts";
import { NUMBER_PRICES } from "./shelves.ts";

/** What Twilio tells of prices, numbers, and its customer. */
export const factRoutes: readonly Route[] = [
  { what: "prices", method: "GET", path: /^\/v1\/PhoneNumbers\/Countries\/(\w+)$/, run: prices },
  { what: "look_up", method: "GET", path: /^\/v2\/PhoneNumbers\/([^/]+)$/, run: lookUp },
  { what: "account", method: "GET", path: /^\/2010-04-01\/Accounts\/AC[0-9a-fA-F]{32}\.json$/, run: account },
  { what: "balance", method: "GET", path: below("/Balance\\.json"), run: balance },
  { what: "service", method: "GET", path: /^\/v1\/Services\/(MG\w+)$/, run: service },
  { what: "join", method: "POST", path: /^\/v1\/Services\/(MG\w+)\/PhoneNumbers$/, run: join },
];

function prices(_: Desk, { match: [country = ""] }: Asked): Reply {
  const known = only(NUMBER_PRICES[country]);
  return {
    status: 200,
    json: {
      country,
      iso_country: country,
      phone_number_prices: Object.entries(known).map(([kind, usd]) => ({
        number_type: kind,
        base_price: usd,
        current_price: usd,
      })),
      price_unit: "USD",
      url: `https://pricing.twilio.com/v1/PhoneNumbers/Countries/${country}`,
    },
  };
}

const LINE_TYPES: Readonly<Record<string, string>> = { US: "nonFixedVoip", GB: "mobile", DE: "landline" };

function lookUp(_: Desk, { match: [number = ""], query }: Asked): Reply {
  const phoneNumber = decodeURIComponent(number);
  const parsed = parsePhoneNumber(phoneNumber);
  if (!parsed) throw notFound();
  const wantsType = query.get("Fields")?.split(",").includes("line_type_intelligence");
  const country = parsed.country ?? parsed.getPossibleCountries()[0] ?? "US";
  return {
    status: 200,
    json: {
      calling_country_code: parsed.countryCallingCode,
      country_code: country,
      phone_number: phoneNumber,
      national_format: parsed.formatNational(),
      valid: parsed.isPossible(),
      validation_errors: [],
      ...(wantsType && {
        line_type_intelligence: {
          type: LINE_TYPES[country] ?? "mobile",
          carrier_name: "Sandbox Wireless",
          mobile_country_code: "310",
          mobile_network_code: "000",
        },
      }),
      url: `https://lookups.twilio.com/v2/PhoneNumbers/${phoneNumber}`,
    },
  };
}

function account({ login, state, clock }: Desk): Reply {
  return {
    status: 200,
    json: {
      sid: login.accountSid,
      owner_account_sid: login.accountSid,
      friendly_name: "sandbox",
      auth_token: login.authToken,
      status: state.accountStatus,
      type: state.accountType,
      date_created: rfc2822(clock.nowMs()),
      date_updated: rfc2822(clock.nowMs()),
      uri: `/2010-04-01/Accounts/${login.accountSid}.json`,
    },
  };
}

function balance({ login, state }: Desk): Reply {
  return {
    status: 200,
    json: { account_sid: login.accountSid, balance: (state.balanceMicroUsd / 1e6).toFixed(5), currency: "USD" },
  };
}

function service({ login, state, clock }: Desk, { match: [sid] }: Asked): Reply {
  const { inboundUrl, usesNumbersUrl } = only(state.services.find((one) => one.sid === sid));
  return {
    status: 200,
    json: {
      sid,
      account_sid: login.accountSid,
      friendly_name: "sandbox",
      date_created: new Date(clock.nowMs()).toISOString(),
      date_updated: new Date(clock.nowMs()).toISOString(),
      inbound_request_url: inboundUrl,
      inbound_method: "POST",
      use_inbound_webhook_on_number: usesNumbersUrl,
      validity_period: 14_400,
      url: `https://messaging.twilio.com/v1/Services/${sid}`,
    },
  };
}

function join({ login, state, clock }: Desk, { match: [serviceSid], form }: Asked): Reply {
  only(state.services.find((one) => one.sid === serviceSid));
  const number = only(state.numbers.find((one) => one.sid === form.get("PhoneNumberSid")));
  if (number.serviceSid === serviceSid)
    throw new TwilioRefusal(409, 21710, "Phone Number or Short Code is already in the Messaging Service.");
  number.serviceSid = serviceSid ?? null;
  return {
    status: 201,
    json: {
      sid: number.sid,
      account_sid: login.accountSid,
      service_sid: serviceSid,
      date_created: new Date(clock.nowMs()).toISOString(),
      date_updated: new Date(clock.nowMs()).toISOString(),
      phone_number: number.phoneNumber,
      country_code: "US",
      capabilities: ["SMS", "MMS", "Voice"],
      url: `https://messaging.twilio.com/v1/Services/${serviceSid}/PhoneNumbers/${number.sid}`,
    },
  };
}
