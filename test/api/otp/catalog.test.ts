import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { catalogAt, readCatalog } from "../../../api/providers/otp/catalog.ts";
import { COUNTRIES, SERVICES } from "../../../dev/otp-supplier/shelves.ts";
import { CATALOG } from "./counter.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "otp-catalog-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function read(content: unknown) {
  const file = path.join(folder, "catalog.json");
  await writeFile(file, typeof content === "string" ? content : JSON.stringify(content));
  return readCatalog(file);
}

const SERVICE = { id: "discord", name: "Discord", code: "ds" };
const codeOf = (id: string, code: string) => ({ id, code });
const COUNTRY = { id: "id", name: "Indonesia", code: "6" };

describe("readCatalog", () => {
  it("reads services and countries; a code is waited for twenty minutes unless told", async () => {
    const services = [SERVICE, { ...SERVICE, id: "acorn-mail", code: "am", timeoutSec: 300 }];
    expect(await read({ services, countries: [COUNTRY] })).toEqual({
      services: [{ ...SERVICE, timeoutSec: 1_200 }, services[1]],
      countries: [COUNTRY],
    });
  });

  it("reads each supplier's own code, and tells what one sells", async () => {
    const mail = { ...SERVICE, id: "mail", code: { 1: "ma", 3: "mail" } };
    const { services, countries } = await read({
      services: [SERVICE, mail],
      countries: [{ ...COUNTRY, code: { 2: "6" } }],
    });
    const catalog = { services, countries };
    expect(services[1]?.code).toEqual({ 1: "ma", 3: "mail" });
    expect(catalogAt(catalog, 1)).toEqual({ services: [codeOf("discord", "ds"), codeOf("mail", "ma")], countries: [] });
    expect(catalogAt(catalog, 2)).toEqual({ services: [codeOf("discord", "ds")], countries: [codeOf("id", "6")] });
    expect(catalogAt(catalog, 3).services).toEqual([codeOf("discord", "ds"), codeOf("mail", "mail")]);
  });

  it("lets suppliers have the same code for different things", async () => {
    const other = { ...SERVICE, id: "mail", code: { 2: "ds" } };
    const services = [{ ...SERVICE, code: { 1: "ds", 2: "di" } }, other];
    expect((await read({ services, countries: [COUNTRY] })).services).toHaveLength(2);
  });

  it.each<[string, unknown, RegExp]>([
    [
      "a supplier without a number",
      { services: [{ ...SERVICE, code: { first: "ds" } }], countries: [COUNTRY] },
      /services\[0\]\.code: needs .* by supplier's number/,
    ],
    ["codes of nobody", { services: [{ ...SERVICE, code: {} }], countries: [COUNTRY] }, /services\[0\]\.code: needs/],
    [
      "a supplier's code twice",
      { services: [SERVICE, { ...SERVICE, id: "d2", code: { 1: "d2", 4: "ds" } }], countries: [COUNTRY] },
      /services\[1\]\.code\.4: "ds" stands there twice$/,
    ],
    ["no JSON", "{", /is not JSON/],
    ["nothing", {}, /services: .*countries: /s],
    ["no object", [], /the file: /],
    ["no services", { services: [], countries: [COUNTRY] }, /: services: /],
    ["another field", { services: [SERVICE], countries: [COUNTRY], currency: "EUR" }, /currency/],
    ["a service without a name", { services: [{ id: "a", code: "a" }], countries: [COUNTRY] }, /services\[0\]\.name: /],
    ["a misspelt field", { services: [{ ...SERVICE, timeout: 5 }], countries: [COUNTRY] }, /services\[0\]: .*timeout/],
    [
      "a short wait",
      { services: [{ ...SERVICE, timeoutSec: 59 }], countries: [COUNTRY] },
      /services\[0\]\.timeoutSec: /,
    ],
    ["half a second", { services: [{ ...SERVICE, timeoutSec: 60.5 }], countries: [COUNTRY] }, /timeoutSec: /],
    [
      "an id in capitals",
      { services: [{ ...SERVICE, id: "Discord" }], countries: [COUNTRY] },
      /services\[0\]\.id: needs/,
    ],
    ["a path as an id", { services: [{ ...SERVICE, id: "../x" }], countries: [COUNTRY] }, /services\[0\]\.id: needs/],
    [
      "a query as a code",
      { services: [{ ...SERVICE, code: "a&b=c" }], countries: [COUNTRY] },
      /services\[0\]\.code: needs/,
    ],
    ["a number as a code", { services: [SERVICE], countries: [{ ...COUNTRY, code: 6 }] }, /countries\[0\]\.code: /],
    [
      "a country in words",
      { services: [SERVICE], countries: [{ ...COUNTRY, id: "idn" }] },
      /countries\[0\]\.id: needs/,
    ],
    [
      "a service twice",
      { services: [SERVICE, { ...SERVICE, code: "d2" }], countries: [COUNTRY] },
      /services\[1\]\.id: "discord"/,
    ],
    [
      "a code twice",
      { services: [SERVICE, { ...SERVICE, id: "d2" }], countries: [COUNTRY] },
      /services\[1\]\.code: "ds"/,
    ],
    [
      "a country twice",
      { services: [SERVICE], countries: [COUNTRY, COUNTRY] },
      /countries\[1\]\.id: "id".*countries\[1\]\.code: "6"/,
    ],
  ])("refuses %s, and names the file and the field", async (_, content, complaint) => {
    const reading = read(content);
    await expect(reading).rejects.toThrow(complaint);
    await expect(reading).rejects.toThrow(/^OTP_CATALOG: .*catalog\.json: /);
  });

  it("refuses a file that is not there", async () => {
    await expect(readCatalog(path.join(folder, "none.json"))).rejects.toThrow(/none\.json: cannot be read \(ENOENT\)/);
  });
});

describe("the demo's catalogue", () => {
  it("holds what seed 001 buys, and only what the sandbox supplier has", async () => {
    const { services, countries } = await readCatalog(CATALOG);
    expect([services.length, countries.length]).toEqual([12, 8]);
    expect(services.map(({ id }) => id)).toContain("discord");
    expect(countries.map(({ id }) => id)).toContain("id");
    for (const { code, name } of services) expect(SERVICES[String(code)]?.name).toBe(name);
    for (const { code } of countries) expect(COUNTRIES).toHaveProperty(String(code));
  });
});
