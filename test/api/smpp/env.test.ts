import { describe, expect, it } from "vitest";
import { z } from "zod";
import { smppOf, smppVariables } from "../../../api/env/smpp.ts";

const read = (given: Record<string, string>) => {
  const parsed = z.object(smppVariables).safeParse(given);
  if (!parsed.success)
    throw new Error(parsed.error.issues.map(({ path, message }) => `${path}: ${message}`).join("\n"));
  return smppOf(parsed.data);
};
const FULL = { SMPP_URL: "smpp://smsc.example", SMPP_SYSTEM_ID: "us", SMPP_PASSWORD: "secret", SMPP_FROM: "Turnpike" };
const complaintOf = (given: Record<string, string>) => {
  try {
    read(given);
    return "none";
  } catch (error) {
    return (error as Error).message;
  }
};

describe("the environment of PHONE_CARRIER=smpp", () => {
  it("is read with the protocol's own ports", () => {
    expect(read(FULL)).toEqual({
      carrier: "smpp",
      host: "smsc.example",
      port: 2775,
      isTls: false,
      ca: undefined,
      systemId: "us",
      password: "secret",
      systemType: "",
      from: "Turnpike",
      numbersFile: undefined,
      window: 10,
      receiptIds: "same",
    });
    expect(read({ ...FULL, SMPP_URL: "ssmpp://[::1]" })).toMatchObject({ host: "::1", port: 3550, isTls: true });
    expect(read({ ...FULL, SMPP_URL: "ssmpp://smsc.example:9000" })).toMatchObject({ port: 9000, isTls: true });
  });

  it("names all that is missing", () => {
    expect(complaintOf({})).toBe(
      ["SMPP_URL", "SMPP_SYSTEM_ID", "SMPP_PASSWORD", "SMPP_FROM"]
        .map((name) => `${name}: is missing, as PHONE_CARRIER is smpp`)
        .join("\n"),
    );
  });

  it.each([
    ["SMPP_URL", "http://smsc.example"],
    ["SMPP_URL", "smpp://me:secret1@smsc.example"],
    ["SMPP_SYSTEM_ID", "x".repeat(65)],
    ["SMPP_PASSWORD", "secret1é"],
    ["SMPP_FROM", "far too long a name"],
    ["SMPP_FROM", "+0123"],
    ["SMPP_WINDOW", "0"],
    ["SMPP_RECEIPT_IDS", "octal"],
    ["SMPP_CA", "/nowhere/ca-secret1.pem"],
  ])("names a wrong %s", (name, value) => {
    const complaint = complaintOf({ ...FULL, [name]: value });
    expect(complaint).toContain(`${name}: `);
    // Of a file the path may be told.
    if (name !== "SMPP_CA") expect(complaint).not.toContain(value);
  });

  it.each(["+447700900001", "72345", "Turnpike", "2 Cool"])("takes %s for what texts leave from", (from) => {
    expect(read({ ...FULL, SMPP_FROM: from }).from).toBe(from);
  });
});
