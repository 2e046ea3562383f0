import { describe, expect, it } from "vitest";
import { readEnv } from "../../../api/env.ts";

describe("the environment of suppliers of codes", () => {
  const read = (given: Record<string, string>) =>
    readEnv({
      DATABASE_URL: "postgresql://127.0.0.1/x",
      SESSION_KEYS: "11".repeat(32),
      SECRETS_KEY: "22".repeat(32),
      AVALANCHE_RPC_URL: "http://127.0.0.1:1",
      ...given,
    }).otp;
  const two = { OTP_SUPPLIER_2_URL: "http://two.example/h.php", OTP_SUPPLIER_2_KEY: "secret-2", OTP_CATALOG: "c.json" };

  it("names suppliers by number, whichever there are", () => {
    const one = { OTP_SUPPLIER_URL: "http://one.example/h.php", OTP_SUPPLIER_KEY: "1" };
    const nine = { OTP_SUPPLIER_9_URL: "http://nine.example/h.php", OTP_SUPPLIER_9_KEY: "9" };
    const suppliers = [
      { number: 1, url: "http://one.example/h.php", key: "1" },
      { number: 2, url: "http://two.example/h.php", key: "secret-2" },
      { number: 9, url: "http://nine.example/h.php", key: "9" },
    ];
    expect(read({ ...nine, ...one, ...two })).toEqual({ suppliers, catalogFile: "c.json", marginPercent: 30 });
    expect(read(two)?.suppliers).toEqual([suppliers[1]]);
    expect(read({})).toBeUndefined();
  });

  it.each([
    [{ ...two, OTP_SUPPLIER_2_KEY: "" }, "OTP_SUPPLIER_2_KEY: is missing, as OTP_SUPPLIER_2_URL is set"],
    [{ ...two, OTP_SUPPLIER_2_URL: "" }, "OTP_SUPPLIER_2_URL: is missing, as OTP_SUPPLIER_2_KEY is set"],
    [{ ...two, OTP_CATALOG: "" }, "OTP_CATALOG: is missing, as OTP_SUPPLIER_2_URL is set"],
    [{ ...two, OTP_SUPPLIER_2_URL: "two" }, "OTP_SUPPLIER_2_URL: "],
  ])("says what is missing in %j, and no key", (given, complaint) => {
    expect(() => read(given)).toThrow(complaint);
    expect(() => read(given)).not.toThrow(/secret-2/);
  });
});
