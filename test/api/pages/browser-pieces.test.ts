import {
  encodeFunctionData,
  getAddress,
  parseUnits as ofViem,
  parseAbi,
  toFunctionSelector,
  formatUnits as toText,
} from "viem";
import { describe, expect, it } from "vitest";
import { formatUnits, parseUnits, readable } from "../../../api/storefront/pages/browser/amount.ts";
import { clockOf, durationOf } from "../../../api/storefront/pages/browser/duration.ts";
import { bodyIn, indented } from "../../../api/storefront/pages/browser/pay/exact-json.ts";
import { REASONS } from "../../../api/storefront/pages/browser/pay/reasons.ts";
import { encodeCall, SELECTORS } from "../../../api/storefront/pages/browser/pay/words-of-abi.ts";
import { paymentGatewayAbi } from "../../../contracts/abi.ts";

describe("amounts in the browser", () => {
  const cases: [bigint, number][] = [
    [0n, 18],
    [1n, 18],
    [10n ** 16n, 18],
    [123_456_789n, 6],
    [5n * 10n ** 18n, 18],
    [2n ** 256n - 1n, 18],
    [7n, 0],
    [100n, 2],
  ];

  it.each(cases)("writes %s with %s decimals as everybody does, and reads it again", (value, decimals) => {
    expect(formatUnits(value, decimals)).toBe(toText(value, decimals));
    expect(parseUnits(formatUnits(value, decimals), decimals)).toBe(value);
    expect(readable(value, decimals).replaceAll(",", "")).toBe(toText(value, decimals));
  });

  it("sets thousands apart, and nothing behind the point", () => {
    expect(readable(1_234_567_891_234n, 6)).toBe("1,234,567.891234");
    expect(readable(123_456n, 6)).toBe("0.123456");
    expect(formatUnits(-1_500n, 3)).toBe("-1.5");
  });

  it.each(["1", "0.1", ".5", "5.", " 12.50 ", "000.10"])("reads %s", (text) => {
    expect(parseUnits(text, 18)).toBe(ofViem(text.trim().replace(/\.$/, ""), 18));
  });

  it.each(["", ".", "1,5", "1e3", "-1", "0x10", "1.2.3", "١"])("refuses %s", (text) => {
    expect(() => parseUnits(text, 18)).toThrow("in digits");
  });

  it("refuses more decimals than there are, but for zeros", () => {
    expect(() => parseUnits("0.1234567", 6)).toThrow("at most 6 decimals");
    expect(() => parseUnits("1.5", 0)).toThrow("no decimals");
    expect(parseUnits("0.1234560", 6)).toBe(123_456n);
  });
});

describe("times in the browser", () => {
  it.each([
    [0, "0 seconds", "0:00"],
    [1, "1 second", "0:01"],
    [90, "1 minute 30 seconds", "1:30"],
    [300, "5 minutes", "5:00"],
    [3_661, "1 hour 1 minute 1 second", "1:01:01"],
    [2_592_000, "30 days", "30 days 0:00:00"],
    [90_061, "1 day 1 hour 1 minute 1 second", "1 day 1:01:01"],
    [-5, "0 seconds", "0:00"],
  ])("%s seconds are %s, or %s", (seconds, words, clock) => {
    expect(durationOf(seconds)).toBe(words);
    expect(clockOf(seconds)).toBe(clock);
  });
});

describe("what the paying page knows of contracts", () => {
  it("calls functions by the selectors that they have", () => {
    for (const [signature, selector] of Object.entries(SELECTORS)) expect(selector).toBe(toFunctionSelector(signature));
  });

  it("encodes a payment by permit as the contract's ABI does", () => {
    const [id, merchant, token] = [`0x${"1f".repeat(32)}`, `0x${"ab".repeat(20)}`, `0x${"0c".repeat(20)}`] as const;
    const [r, s] = [`0x${"00".repeat(31)}07`, `0x${"f0".repeat(32)}`] as const;
    const given = [id, merchant, token, "3000000000000000000", "1795230000", "28", r, s];
    expect(encodeCall("payForWithPermit(bytes32,address,address,uint256,uint256,uint8,bytes32,bytes32)", given)).toBe(
      encodeFunctionData({
        abi: paymentGatewayAbi,
        functionName: "payForWithPermit",
        args: [id, merchant, token, 3_000_000_000_000_000_000n, 1_795_230_000n, 28, r, s],
      }),
    );
  });

  it("encodes what it asks tokens for", () => {
    const account = getAddress(`0x${"ab".repeat(20)}`);
    const abi = parseAbi(["function allowance(address owner, address spender) view returns (uint256)"]);
    expect(encodeCall("allowance(address,address)", [account, account])).toBe(
      encodeFunctionData({ abi, functionName: "allowance", args: [account, account] }),
    );
  });

  it("knows the gateway's refusals by the selectors that they have", () => {
    const errors = paymentGatewayAbi.filter(({ type }) => type === "error");
    const selectors = errors.map((error) =>
      toFunctionSelector(`${error.name}(${error.inputs.map(({ type }) => type).join(",")})`),
    );
    expect(selectors).toEqual(expect.arrayContaining(Object.keys(REASONS)));
    expect(Object.keys(REASONS)).toHaveLength(6);
  });
});

describe("JSON as the paying page shows it", () => {
  const values = [
    {},
    [],
    { a: [] },
    [[{}]],
    { a: { b: [1, "two", null, true], "c:,{}": "[x]" } },
    "text",
    7,
    null,
    [1, [2, { d: -1.5e-7 }]],
  ];

  it.each(values.map((value) => JSON.stringify(value)))("%s is indented as everybody does", (json) => {
    expect(indented(json)).toBe(JSON.stringify(JSON.parse(json), null, 2));
    expect(indented(JSON.stringify(JSON.parse(json), null, "\t"))).toBe(JSON.stringify(JSON.parse(json), null, 2));
  });

  it("keeps every digit, and whatever texts hold", () => {
    expect(indented('{"wei":12345678901234567890,"t":"a\\"{,\\\\"}')).toBe(
      '{\n  "wei": 12345678901234567890,\n  "t": "a\\"{,\\\\"\n}',
    );
  });

  it("is taken out of the whole answer, whatever its merchant has called the API", () => {
    const name = ',"upstream":{"body":{}}}';
    const answer = (body: string) =>
      `{"code":"successful","data":{"api":${JSON.stringify({ name })},"session":{"id":1},"upstream":{"status":200,"content_type":${JSON.stringify('a/b;x=",\\"body\\":1"')},"body":${body}}}}`;
    for (const body of ['{"body":{"body":1}}', "[]", '"}}}"', "1.0"]) expect(bodyIn(answer(body))).toBe(body);
  });
});
