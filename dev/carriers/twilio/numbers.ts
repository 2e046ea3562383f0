import { type Asked, below, charge, type Desk, isUrl, only, type Reply, type Route } from "./desk.ts";
import { notFound, TwilioRefusal } from "./refusal.ts";
import { availableShape, numberShape, pageShape } from "./shapes.ts";
import { NUMBER_PRICES, onSale, PRICED, SHELVES, type Shelf, shelfOf } from "./shelves.ts";
import { type HeldNumber, newSid } from "./state.ts";

/** Numbers on sale and numbers held. */
export const numberRoutes: readonly Route[] = [
  { what: "search", method: "GET", path: below("/AvailablePhoneNumbers/(\\w+)/(\\w+)\\.json"), run: search },
  { what: "buy", method: "POST", path: below("/IncomingPhoneNumbers\\.json"), run: buy },
  { what: "find_number", method: "GET", path: below("/IncomingPhoneNumbers\\.json"), run: list },
  { what: "number", method: "GET", path: below("/IncomingPhoneNumbers/(PN\\w+)\\.json"), run: tell },
  { what: "configure", method: "POST", path: below("/IncomingPhoneNumbers/(PN\\w+)\\.json"), run: configure },
  { what: "release", method: "DELETE", path: below("/IncomingPhoneNumbers/(PN\\w+)\\.json"), run: release },
];

const heldOf = ({ state }: Desk) => new Set(state.numbers.map(({ phoneNumber }) => phoneNumber));
const find = ({ state }: Desk, sid: string | undefined) => only(state.numbers.find((one) => one.sid === sid));

function search(desk: Desk, { match: [country, kind], query, path }: Asked): Reply {
  const ofCountry = SHELVES.filter((shelf) => shelf.country === country);
  if (ofCountry.length === 0) throw notFound();
  const wantsNone = query.get("ExcludeAllAddressRequired") === "true";
  const shelves = ofCountry.filter((shelf) => shelf.kind === kind && !(wantsNone && shelf.address !== "none"));
  const all = shelves.flatMap((shelf) =>
    onSale(shelf, heldOf(desk)).map((number) => availableShape(number, shelf.country, shelf.address)),
  );
  return { status: 200, json: pageShape({ name: "available_phone_numbers", path, query, all }) };
}

function buy(desk: Desk, { form }: Asked): Reply {
  const phoneNumber = form.get("PhoneNumber") ?? "";
  const shelf = shelfOf(phoneNumber);
  if (!shelf || heldOf(desk).has(phoneNumber)) throw new TwilioRefusal(400, 21422, `${phoneNumber} is not available`);
  if (shelf.address !== "none" && !/^AD[0-9a-f]{32}$/.test(form.get("AddressSid") ?? ""))
    throw new TwilioRefusal(400, 21631, "Phone Number Requires an Address but the 'AddressSid' parameter was empty");
  checkUrl(form);
  charge(desk, priceOf(shelf) * 1e6);
  const number: HeldNumber = {
    sid: newSid("PN"),
    phoneNumber,
    kind: PRICED[shelf.kind],
    friendlyName: (form.get("FriendlyName") ?? phoneNumber).slice(0, 64),
    smsUrl: form.get("SmsUrl"),
    addressSid: form.get("AddressSid"),
    bundleSid: form.get("BundleSid"),
    serviceSid: null,
    createdAtMs: desk.clock.nowMs(),
  };
  desk.state.numbers.push(number);
  return { status: 201, json: numberShape(desk.login.accountSid, number) };
}

const priceOf = ({ country, kind }: Shelf): number => NUMBER_PRICES[country]?.[PRICED[kind]] ?? 0;

function checkUrl(form: URLSearchParams): void {
  const url = form.get("SmsUrl");
  if (url !== null && !isUrl(url)) throw new TwilioRefusal(400, 21502, "SmsUrl is not a valid URL");
}

function list(desk: Desk, { query, path }: Asked): Reply {
  const isWanted = ({ friendlyName, phoneNumber }: HeldNumber) =>
    [null, friendlyName].includes(query.get("FriendlyName")) && phoneNumber.includes(query.get("PhoneNumber") ?? "");
  const all = desk.state.numbers.filter(isWanted).map((one) => numberShape(desk.login.accountSid, one));
  return { status: 200, json: pageShape({ name: "incoming_phone_numbers", path, query, all }) };
}

function tell(desk: Desk, { match: [sid] }: Asked): Reply {
  return {
    status: 200,
    json: numberShape(desk.login.accountSid, find(desk, sid)),
  };
}

function configure(desk: Desk, { match: [sid], form }: Asked): Reply {
  const number = find(desk, sid);
  checkUrl(form);
  number.smsUrl = form.get("SmsUrl") ?? number.smsUrl;
  number.friendlyName = form.get("FriendlyName") ?? number.friendlyName;
  return { status: 200, json: numberShape(desk.login.accountSid, number) };
}

function release(desk: Desk, { match: [sid] }: Asked): Reply {
  const number = find(desk, sid);
  desk.state.numbers.splice(desk.state.numbers.indexOf(number), 1);
  return { status: 204 };
}
