import { OctetReader, OctetWriter } from "./octets.ts";

/** SMPP 3.4, 4.1: what is asked; its answer has the highest bit set, too. */
export const COMMAND = {
  genericNack: 0x80000000,
  submitSm: 0x04,
  deliverSm: 0x05,
  unbind: 0x06,
  bindTransceiver: 0x09,
  outbind: 0x0b,
  enquireLink: 0x15,
  alertNotification: 0x102,
} as const;

const ANSWER = 0x80000000;
const HEADER_OCTETS = 16;

export const isAnswer = ({ command }: Pdu): boolean => command >= ANSWER;

/** One protocol data unit, its body as it came. */
export type Pdu = { command: number; status: number; sequence: number; body: Buffer };

export function encodePdu({ command, status, sequence, body }: Pdu): Buffer {
  const header = Buffer.alloc(HEADER_OCTETS);
  for (const [i, value] of [HEADER_OCTETS + body.length, command, status, sequence].entries())
    header.writeUInt32BE(value >>> 0, i * 4);
  return Buffer.concat([header, body]);
}

export const answerTo = ({ command, sequence }: Pdu, status: number, body: Buffer = Buffer.alloc(0)): Pdu => ({
  command: (command | ANSWER) >>> 0,
  status,
  sequence,
  body,
});

export const genericNack = (sequence: number, status: number): Pdu => ({
  command: COMMAND.genericNack,
  status,
  sequence,
  body: Buffer.alloc(0),
});

/** The other end speaks something else: nothing that follows can be read. */
export class Gibberish extends Error {}

/** No PDU of ours or theirs is longer by far; a length beyond it is no length. */
const LONGEST_OCTETS = 64 * 1024;

/** Cuts a stream into PDUs. @throws Gibberish at a length that cannot be one */
export class PduStream {
  #rest = Buffer.alloc(0);

  take(chunk: Buffer): Pdu[] {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    const pdus: Pdu[] = [];
    for (let octets = this.#next(); octets !== undefined; octets = this.#next()) {
      pdus.push(pduOf(this.#rest.subarray(0, octets)));
      this.#rest = this.#rest.subarray(octets);
    }
    return pdus;
  }

  #next(): number | undefined {
    if (this.#rest.length < 4) return undefined;
    const octets = this.#rest.readUInt32BE(0);
    if (octets < HEADER_OCTETS || octets > LONGEST_OCTETS) throw new Gibberish("a PDU of no length");
    return this.#rest.length < octets ? undefined : octets;
  }
}

const pduOf = (octets: Buffer): Pdu => ({
  command: octets.readUInt32BE(4),
  status: octets.readUInt32BE(8),
  sequence: octets.readUInt32BE(12),
  body: Buffer.from(octets.subarray(HEADER_OCTETS)),
});

export type Bind = { systemId: string; password: string; systemType: string };

const VERSION_3_4 = 0x34;

export function bindBody({ systemId, password, systemType }: Bind): Buffer {
  return new OctetWriter()
    .cString(systemId)
    .cString(password)
    .cString(systemType)
    .octets(VERSION_3_4, 0, 0)
    .cString("")
    .done();
}

/** Type of number, numbering plan, digits or letters. */
export type Address = { ton: number; npi: number; address: string };

export type Submit = {
  from: Address;
  to: Address;
  esmClass: number;
  dataCoding: number;
  shortMessage: Buffer;
};

/** Asks for a receipt of the final outcome. */
export function submitBody({ from, to, esmClass, dataCoding, shortMessage }: Submit): Buffer {
  const writer = new OctetWriter().cString("");
  for (const { ton, npi, address } of [from, to]) writer.octets(ton, npi).cString(address);
  return writer
    .octets(esmClass, 0, 0)
    .cString("")
    .cString("")
    .octets(1, 0, dataCoding, 0, shortMessage.length)
    .raw(shortMessage)
    .done();
}

/** The carrier's id of what it took on; some end it without the zero. */
export const messageIdOf = (body: Buffer): string => new OctetReader(body).cString();

export const deliverAnswerBody = (): Buffer => new OctetWriter().cString("").done();

export type Deliver = {
  from: Address;
  to: Address;
  esmClass: number;
  dataCoding: number;
  shortMessage: Buffer;
  tlvs: ReadonlyMap<number, Buffer>;
};

const MESSAGE_PAYLOAD = 0x0424;

/** @throws RangeError where it ends too early */
export function readDeliver(body: Buffer): Deliver {
  const reader = new OctetReader(body);
  reader.cString();
  const from = readAddress(reader);
  const to = readAddress(reader);
  const esmClass = reader.octet();
  reader.skip(2);
  reader.cString();
  reader.cString();
  reader.skip(2);
  const dataCoding = reader.octet();
  reader.skip(1);
  const short = reader.raw(reader.octet());
  const tlvs = readTlvs(reader);
  return { from, to, esmClass, dataCoding, tlvs, shortMessage: tlvs.get(MESSAGE_PAYLOAD) ?? short };
}

const readAddress = (reader: OctetReader): Address => ({
  ton: reader.octet(),
  npi: reader.octet(),
  address: reader.cString(),
});

function readTlvs(reader: OctetReader): Map<number, Buffer> {
  const tlvs = new Map<number, Buffer>();
  while (reader.left >= 4) {
    const tag = reader.uint16();
    tlvs.set(tag, reader.raw(reader.uint16()));
  }
  return tlvs;
}
