import { splitText } from "../segments.ts";
import { type Encoded, encodeGsm7, encodeUcs2 } from "./alphabet.ts";
import type { Deliver, Submit } from "./pdu.ts";

type Body = Pick<Submit, "esmClass" | "dataCoding" | "shortMessage">;

const USER_DATA_HEADER = 0x40;
/** Parts of one text by an 8-bit number (3GPP 23.040, 9.2.3.24.1), and by a 16-bit one. */
const CONCATENATED = { short: 0x00, long: 0x08 } as const;

/**
 * What goes into the submits of one text: one part, or several that phones put together by `textNumber`. The rules of
 * the bill are the rules of the parts.
 */
export function shortMessages(text: string, textNumber: number): Body[] {
  const { encoding, parts } = splitText(text);
  const encode = encoding === "GSM-7" ? encodeGsm7 : encodeUcs2;
  return parts.map((part, i) => {
    const { dataCoding, octets } = encode(part);
    if (parts.length === 1) return { esmClass: 0, dataCoding, shortMessage: octets };
    const header = [5, CONCATENATED.short, 3, textNumber & 0xff, parts.length, i + 1];
    return { esmClass: USER_DATA_HEADER, dataCoding, shortMessage: Buffer.concat([Buffer.from(header), octets]) };
  });
}

/** Where a part belongs: the `part`th of `parts`, from 1 on. */
export type Place = { textNumber: number; parts: number; part: number };
/** Still octets: other senders' parts may end within a character. */
export type Received = Encoded & { place: Place | undefined };

const SAR = { number: 0x020c, parts: 0x020e, part: 0x020f } as const;

/** @throws RangeError where its header ends too early */
export function readShortMessage(deliver: Deliver): Received {
  const { esmClass, dataCoding, shortMessage } = deliver;
  const headerOctets = esmClass & USER_DATA_HEADER ? shortMessage.readUInt8(0) + 1 : 0;
  if (headerOctets > shortMessage.length) throw new RangeError("a header is longer than its message");
  const place = placeInHeader(shortMessage.subarray(1, headerOctets)) ?? placeInTlvs(deliver);
  const octets = shortMessage.subarray(headerOctets);
  return { dataCoding, octets, place: place && isPlace(place) ? place : undefined };
}

function placeInHeader(elements: Buffer): Place | undefined {
  for (let at = 0; at + 2 <= elements.length; at += 2 + elements.readUInt8(at + 1)) {
    const kind = elements.readUInt8(at);
    const data = elements.subarray(at + 2);
    if (kind === CONCATENATED.short)
      return { textNumber: data.readUInt8(0), parts: data.readUInt8(1), part: data.readUInt8(2) };
    if (kind === CONCATENATED.long)
      return { textNumber: data.readUInt16BE(0), parts: data.readUInt8(2), part: data.readUInt8(3) };
  }
  return undefined;
}

function placeInTlvs({ tlvs }: Deliver): Place | undefined {
  const [number, parts, part] = [SAR.number, SAR.parts, SAR.part].map((tag) => tlvs.get(tag));
  if (!number || !parts || !part) return undefined;
  return { textNumber: number.readUInt16BE(0), parts: parts.readUInt8(0), part: part.readUInt8(0) };
}

const isPlace = ({ parts, part }: Place) => parts > 1 && part >= 1 && part <= parts;
