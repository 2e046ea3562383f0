import { describe, expect, it } from "vitest";
import { segmentsOf } from "../../../api/providers/phone/segments.ts";

const a = (count: number) => "a".repeat(count);
const ж = (count: number) => "ж".repeat(count);

describe("segmentsOf", () => {
  it.each([
    ["one character", "a", 1],
    ["the full alphabet's oddities", "@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà", 1],
    ["160", a(160), 1],
    ["161", a(161), 2],
    ["2 × 153", a(306), 2],
    ["one more", a(307), 3],
    ["900", a(900), 6],
    ["80 euros are 160 septets", "€".repeat(80), 1],
    ["81 euros", "€".repeat(81), 2],
    ["every extension character costs two", "^{}\\[~]|€\f".repeat(8), 1],
    ["one too many of them", `${"^{}\\[~]|€\f".repeat(8)}a`, 2],
    ["an escape does not end a part: 152 and a euro leave a septet unused", `${a(152)}€${a(152)}`, 3],
    ["the same where the euro fits", `${a(151)}€${a(153)}`, 2],
    ["line ends count one each", `${a(158)}\r\n`, 1],
    ["line ends beyond", `${a(159)}\r\n`, 2],
  ])("GSM-7: %s", (_, text, segments) => {
    expect(segmentsOf(text)).toEqual({ encoding: "GSM-7", segments });
  });

  it.each([
    ["70", ж(70), 1],
    ["71", ж(71), 2],
    ["2 × 67", ж(134), 2],
    ["one more", ж(135), 3],
    ["900", ж(900), 14],
    ["one strange letter makes all of it so", `${a(70)}ç`, 2],
    ["ç is strange, though Ç is not", "ç", 1],
    ["a tab", "\t", 1],
    ["a backtick", "`", 1],
    ["35 emoji fill one", "😀".repeat(35), 1],
    ["36 do not", "😀".repeat(36), 2],
    ["an emoji over the boundary of a part moves on whole", `${ж(66)}😀${ж(66)}`, 3],
    ["an emoji before the boundary stays", `${ж(65)}😀${ж(67)}`, 2],
    ["33 emoji a part: 67 units take no half", "😀".repeat(67), 3],
    ["900 emoji", "😀".repeat(900), 28],
  ])("UCS-2: %s", (_, text, segments) => {
    expect(segmentsOf(text)).toEqual({ encoding: "UCS-2", segments });
  });

  it("never counts fewer parts than fit", () => {
    for (let size = 1; size <= 900; size++) {
      expect(segmentsOf(a(size)).segments).toBe(size <= 160 ? 1 : Math.ceil(size / 153));
      expect(segmentsOf(ж(size)).segments).toBe(size <= 70 ? 1 : Math.ceil(size / 67));
    }
  });
});
