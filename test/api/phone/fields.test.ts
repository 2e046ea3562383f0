import { describe, expect, it } from "vitest";
import { z } from "zod";
import { messageText, phoneNumber, readFields } from "../../../api/providers/phone/fields.ts";

const shape = z.object({ to: phoneNumber, message: messageText });
const read = (body: unknown) => readFields(shape, body);
const refused = (field: string) => expect.objectContaining({ code: "invalid_field", details: { field } });

describe("phone numbers", () => {
  it.each(["+12125551234", "+447700900123", "+1234567890", "+33639980001", "+61491570156", "+123456789012345"])(
    "takes %s",
    (to) => {
      expect(read({ to, message: "x" }).to).toBe(to);
    },
  );

  it.each([
    "+0987654321",
    "12125551234",
    "+1 212 555 1234",
    "+1-212-555-1234",
    "+123456",
    "+1234567890123456",
    "++12125551234",
    "+1212555123a",
    "+12125551234\n",
    " +12125551234",
    "+١٢٣٤٥٦٧٨٩٠",
    "",
    12125551234,
    null,
    ["+12125551234"],
  ])("refuses %j", (to) => {
    expect(() => read({ to, message: "x" })).toThrow(refused("to"));
  });
});

describe("messages", () => {
  it.each([
    ["one character", "x"],
    ["900", "x".repeat(900)],
    ["900 emoji: code points are counted", "😀".repeat(900)],
    ["line ends and tabs", "a\r\n\tb"],
    ["any language", "你好 مرحبا שלום"],
  ])("takes %s", (_, message) => {
    expect(read({ to: "+12125551234", message }).message).toBe(message);
  });

  it.each([
    ["nothing", ""],
    ["901", "x".repeat(901)],
    ["901 emoji", "😀".repeat(901)],
    ["half a character", "a\ud83d"],
    ["the other half", "\ude00a"],
    ["NUL", "a\0b"],
    ["a number", 7],
    ["an object", {}],
    ["null", null],
  ])("refuses %s", (_, message) => {
    expect(() => read({ to: "+12125551234", message })).toThrow(refused("message"));
  });
});

describe("bodies", () => {
  it.each([[undefined], [null], [[]], ["x"], [7]])("refuses %j", (body) => {
    expect(() => read(body)).toThrow(refused("body"));
  });

  it("says what is missing, and overlooks what is not asked for", () => {
    expect(() => read({ to: "+12125551234" })).toThrow("message: is missing");
    expect(read({ to: "+12125551234", message: "x", extra: 1 })).toEqual({ to: "+12125551234", message: "x" });
  });
});
