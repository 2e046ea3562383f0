import { describe, expect, it } from "vitest";
import { Tally } from "../../../api/metrics.ts";
import { NO_RULES, openRules } from "../../../api/providers/phone/rules.ts";
import { createRuledShop, rulesFile, rulesOf } from "./rules-world.ts";

const everything = {
  countries: {
    "*": { texts: true, lines: false, textUsd: 0.08, textCostUsd: 0.0079 },
    US: {
      lines: true,
      lineUsd: 120,
      renewalUsd: 70,
      maxLineCostUsd: 2.5,
      requirements: { AddressSid: "AD1" },
      quietHours: { from: "21:00", to: "08:00", timeZones: ["America/New_York"] },
    },
  },
  blocked: ["+1900", "+12125550100"],
  caps: { textsPerPayerADay: 5, textsPerDestinationADay: 4, textsADay: 3 },
  stopWords: ["arrêt"],
  startWords: ["oui!"],
  keepMessagesDays: 30,
};

describe("the operator's rules", () => {
  it("are what the file says: of a country, and of * where it says nothing", async () => {
    const rules = await rulesOf(everything);
    expect(rules.of("US")).toMatchObject({
      texts: true,
      lines: true,
      textMicroUsd: 80_000n,
      lineMicroUsd: 120_000_000n,
      renewalMicroUsd: 70_000_000n,
      maxLineCostMicroUsd: 2_500_000n,
      textCostMicroUsd: 7_900n,
      requirements: { AddressSid: "AD1" },
    });
    for (const other of ["FR", undefined])
      expect(rules.of(other)).toMatchObject({ lines: false, textMicroUsd: 80_000n, lineMicroUsd: 100_000_000n });
    expect(rules).toMatchObject({
      caps: everything.caps,
      keepMessagesDays: 30,
      variesBy: { texts: false, lines: true },
    });
    expect([...rules.words.stop, ...rules.words.start]).toEqual(["ARRÊT", "OUI"]);
  });

  it("block numbers and whatever begins like one", async () => {
    const { isBlocked } = await rulesOf(everything);
    const all = ["+19005550100", "+12125550100", "+12125550101", "+190"];
    expect(all.filter(isBlocked)).toEqual(["+19005550100", "+12125550100"]);
  });

  it("allow everything at the usual prices where there are none", async () => {
    for (const rules of [NO_RULES, await rulesOf({})]) {
      expect(rules.of("US")).toMatchObject({
        texts: true,
        lines: true,
        textMicroUsd: 50_000n,
        renewalMicroUsd: 60_000_000n,
      });
      expect([rules.restrictsTexts, rules.restrictsLines, rules.isBlocked("+19005550100")]).toEqual([
        false,
        false,
        false,
      ]);
      expect(rules.keepMessagesDays).toBeUndefined();
    }
  });
});

describe("a file that is wrong", () => {
  const US = (country: object) => ({ countries: { US: country } });
  it.each<[string, unknown]>([
    ['countries.XX: is neither "*" nor a country, as in ISO 3166-1', { countries: { XX: {} } }],
    ["countries.US.textUsd: ", US({ textUsd: 0 })],
    ["countries.US.lineUsd: ", US({ lineUsd: "100" })],
    ["countries.US.texts: ", US({ texts: "yes" })],
    ["countries.US: Unrecognized key", US({ text: true })],
    [
      "countries.US.quietHours.from: needs a time such as 21:00",
      US({ quietHours: { from: "9", to: "08:00", timeZones: ["UTC"] } }),
    ],
    [
      "timeZones[1]: is not an IANA time zone",
      US({ quietHours: { from: "21:00", to: "08:00", timeZones: ["UTC", "Moon/Sea"] } }),
    ],
    ["quietHours: must not begin when it ends", US({ quietHours: { from: "21:00", to: "21:00", timeZones: ["UTC"] } })],
    ["blocked[0]: needs a number or how numbers begin, such as +1900", { blocked: ["1900"] }],
    ["stopWords[1]: needs a letter or a digit", { stopWords: ["ARRET", "🛑!"] }],
    ["caps.textsADay: ", { caps: { textsADay: 0 } }],
    ["stopWords[0]: ", { stopWords: [""] }],
    ["keepMessagesDays: ", { keepMessagesDays: 0.5 }],
    ["the file: Unrecognized key", { country: {} }],
    ["is not JSON: ", "{"],
  ])("is refused with %s", async (words, rules) => {
    await expect(rulesOf(rules)).rejects.toThrow(/^PHONE_RULES: \//);
    await expect(rulesOf(rules)).rejects.toThrow(words);
  });

  it("names every field at once, and a file that is not there", async () => {
    const both = rulesOf({ blocked: ["x"], keepMessagesDays: "x" });
    await expect(both).rejects.toThrow(/blocked\[0\]: .*; keepMessagesDays: /);
    await expect(openRules(`${rulesFile({})}.gone`, new Tally())).rejects.toThrow("cannot be read (ENOENT)");
  });
});

it("an API with wrong rules does not start", async () => {
  await expect(createRuledShop({ blocked: "+1900" })).rejects.toThrow(/^PHONE_RULES: .*blocked: /);
});
