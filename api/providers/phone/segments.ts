const GSM_7 =
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/** These go over the air as an escape and a second septet. */
const GSM_7_EXTENSION = "\f^{}\\[~]|€";

const SEPTETS = new Map([
  ...[...GSM_7].map((char) => [char, 1] as const),
  ...[...GSM_7_EXTENSION].map((char) => [char, 2] as const),
]);

export type Segments = { encoding: "GSM-7" | "UCS-2"; segments: number };

/**
 * In how many parts a text goes over the air (3GPP 23.038 and 23.040): 160 septets or 70 UTF-16 units alone, else 153
 * or 67 a part, because each part then bears a header. No part ends within an escape sequence or a surrogate pair.
 */
export function segmentsOf(text: string): Segments {
  const chars = [...text];
  const septets = chars.map((char) => SEPTETS.get(char));
  if (septets.every((size) => size !== undefined))
    return { encoding: "GSM-7", segments: parts(septets, { alone: 160, each: 153 }) };
  const units = chars.map((char) => char.length);
  return { encoding: "UCS-2", segments: parts(units, { alone: 70, each: 67 }) };
}

function parts(sizes: readonly number[], { alone, each }: { alone: number; each: number }): number {
  if (sizes.reduce((sum, size) => sum + size, 0) <= alone) return 1;
  let count = 1;
  let used = 0;
  for (const size of sizes) {
    if (used + size > each) {
      count++;
      used = 0;
    }
    used += size;
  }
  return count;
}
