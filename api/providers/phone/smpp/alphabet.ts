import { GSM_7, GSM_7_EXTENSION } from "../segments.ts";

const ESCAPE = 0x1b;
const CODES = new Map([...GSM_7].map((char, code) => [char, code]));
const EXTENSION = Object.entries(GSM_7_EXTENSION).map(([char, beside]) => ({
  char,
  code: CODES.get(beside) as number,
}));
const EXTENSION_CODES = new Map(EXTENSION.map(({ char, code }) => [char, code]));
const EXTENSION_CHARS = new Map(EXTENSION.map(({ char, code }) => [code, char]));

/** SMPP 3.4, 5.2.19, as far as texts bear it: the carrier's own alphabet is taken to be GSM's. */
const DATA_CODING = { default: 0x00, ascii: 0x01, latin1: 0x03, ucs2: 0x08 } as const;

export type Encoded = { dataCoding: number; octets: Buffer };

/** One septet an octet, as SMPP has them. */
export const encodeGsm7 = (text: string): Encoded => ({
  dataCoding: DATA_CODING.default,
  octets: Buffer.from([...text].flatMap(septetsOf)),
});

function septetsOf(char: string): number[] {
  const code = EXTENSION_CODES.get(char);
  return code === undefined ? [CODES.get(char) as number] : [ESCAPE, code];
}

export const encodeUcs2 = (text: string): Encoded => ({
  dataCoding: DATA_CODING.ucs2,
  octets: Buffer.from(text, "utf16le").swap16(),
});

/** Undefined: that is no text. With a message class (23.038, 4) the default alphabet is 0x10 or 0xF0, UCS-2 0x18. */
export function decodeText({ dataCoding, octets }: Encoded): string | undefined {
  if (dataCoding === DATA_CODING.default || [0x10, 0xf0].includes(dataCoding & 0xfc)) return decodeGsm7(octets);
  if (dataCoding === DATA_CODING.ucs2 || (dataCoding & 0xfc) === 0x18) return decodeUcs2(octets);
  if (dataCoding === DATA_CODING.ascii || dataCoding === DATA_CODING.latin1) return octets.toString("latin1");
  return undefined;
}

/** An escape before what is no extension is shown as a space by 23.038; the letter itself says more. */
function decodeGsm7(octets: Buffer): string {
  let text = "";
  for (let i = 0; i < octets.length; i++) {
    const code = (octets[i] as number) & 0x7f;
    const extended = code === ESCAPE ? EXTENSION_CHARS.get(octets[i + 1] as number) : undefined;
    if (extended !== undefined) i++;
    text += extended ?? (code === ESCAPE ? "" : GSM_7_CHARS[code]);
  }
  return text;
}

const GSM_7_CHARS = [...GSM_7];

/** UTF-16 in fact: phones send emoji. */
const decodeUcs2 = (octets: Buffer): string =>
  Buffer.from(octets.subarray(0, octets.length & ~1))
    .swap16()
    .toString("utf16le");
