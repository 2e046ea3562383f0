/** The default alphabet (3GPP 23.038) by its codes; what stands at the escape's place is never sent for itself. */
export const GSM_7 =
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/** These go over the air as an escape and the code of the character that stands beside. */
export const GSM_7_EXTENSION: Readonly<Record<string, string>> = {
  ...{ "\f": "\n", "^": "Λ", "{": "(", "}": ")", "\\": "/" },
  ...{ "[": "<", "~": "=", "]": ">", "|": "¡", "€": "e" },
};

const SEPTETS = new Map([
  ...[...GSM_7].filter((char) => char !== "\x1b").map((char) => [char, 1] as const),
  ...Object.keys(GSM_7_EXTENSION).map((char) => [char, 2] as const),
]);

export type Segments = { encoding: "GSM-7" | "UCS-2"; segments: number };

export function segmentsOf(text: string): Segments {
  const { encoding, parts } = splitText(text);
  return { encoding, segments: parts.length };
}

/**
 * The parts in which a text goes over the air (3GPP 23.038 and 23.040): 160 septets or 70 UTF-16 units alone, else 153
 * or 67 a part, because each part then bears a header. No part ends within an escape sequence or a surrogate pair.
 */
export function splitText(text: string): { encoding: Segments["encoding"]; parts: string[] } {
  const chars = [...text];
  if (chars.every((char) => SEPTETS.has(char)))
    return {
      encoding: "GSM-7",
      parts: split(chars, { sizeOf: (char) => SEPTETS.get(char) ?? 2, alone: 160, each: 153 }),
    };
  return { encoding: "UCS-2", parts: split(chars, { sizeOf: (char) => char.length, alone: 70, each: 67 }) };
}

type Room = { sizeOf: (char: string) => number; alone: number; each: number };

function split(chars: readonly string[], { sizeOf, alone, each }: Room): string[] {
  if (chars.reduce((sum, char) => sum + sizeOf(char), 0) <= alone) return [chars.join("")];
  const parts: string[] = [];
  let part = "";
  let used = 0;
  for (const char of chars) {
    if (used + sizeOf(char) > each) {
      parts.push(part);
      part = "";
      used = 0;
    }
    part += char;
    used += sizeOf(char);
  }
  return [...parts, part];
}
