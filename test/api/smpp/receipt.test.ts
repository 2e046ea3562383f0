import { describe, expect, it } from "vitest";
import { plainId, type ReceiptIds, readReceipt } from "../../../api/providers/phone/smpp/receipt.ts";

const address = { ton: 1, npi: 1, address: "1" };
const receipt = (text: string, ids: ReceiptIds = "same", { esmClass = 4, tlvs = new Map<number, Buffer>() } = {}) =>
  readReceipt({ from: address, to: address, esmClass, dataCoding: 0, shortMessage: Buffer.from(text), tlvs }, ids);

describe("a receipt", () => {
  it.each<[string, ReceiptIds, string]>([
    ["id:00000000a7", "same", "a7"],
    ["id:A7", "same", "a7"],
    ["id:0000000167", "decimal", "a7"],
    ["id:a7", "hex", "167"],
    ["id:ffffffffffffffff", "hex", "18446744073709551615"],
    ["id:4b8e1d2c-77aa", "decimal", "4b8e1d2c-77aa"],
    ["id:not-hex", "hex", "not-hex"],
    ["ID: 7", "same", "7"],
    ["id:0", "same", "0"],
  ])("%s, told as %s, is of %s", (text, ids, carrierId) => {
    expect(receipt(`${text} sub:001 dlvrd:001 stat:DELIVRD err:000`, ids)).toEqual({ carrierId, status: "delivered" });
  });

  it.each([
    ["stat:ENROUTE", "sent"],
    ["stat:ACCEPTD", "sent"],
    ["stat:DELIVRD", "delivered"],
    ["STAT:delivrd", "delivered"],
    ["stat:DELIVERED", undefined],
    ["stat:UNDELIV", "undelivered"],
    ["stat:UNKNOWN", undefined],
    ["stat:", undefined],
    ["", undefined],
  ])("with %s says %s", (text, status) => {
    expect(receipt(`id:1 ${text} err:000 text:stat`)).toEqual({ carrierId: "1", status });
  });

  it("is believed by its TLVs first, which say the id as it was given", () => {
    const tlvs = new Map([
      [0x001e, Buffer.from("A7\0")],
      [0x0427, Buffer.from([5])],
    ]);
    const told = { carrierId: "a7", status: "undelivered" };
    expect(receipt("id:167 stat:DELIVRD", "decimal", { tlvs })).toEqual(told);
    expect(receipt("", "decimal", { tlvs, esmClass: 0 })).toEqual(told);
  });

  it("is none without an id, or where it is a message", () => {
    expect(receipt("stat:DELIVRD")).toBeUndefined();
    expect(receipt("id:1 stat:DELIVRD", "same", { esmClass: 0 })).toBeUndefined();
  });
});

describe("an id", () => {
  it("is the same however it is written", () => {
    expect(["0", "000", "0A", "a", " 7f "].map(plainId)).toEqual(["0", "0", "a", "a", "7f"]);
  });
});
