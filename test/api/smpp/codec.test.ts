import smpp from "smpp";
import { describe, expect, it } from "vitest";
import { segmentsOf } from "../../../api/providers/phone/segments.ts";
import { decodeText, encodeGsm7, encodeUcs2 } from "../../../api/providers/phone/smpp/alphabet.ts";
import {
  bindBody,
  COMMAND,
  encodePdu,
  Gibberish,
  messageIdOf,
  PduStream,
  readDeliver,
  submitBody,
} from "../../../api/providers/phone/smpp/pdu.ts";
import { readShortMessage, shortMessages } from "../../../api/providers/phone/smpp/short-message.ts";

const number = (address: string) => ({ ton: 1, npi: 1, address });
const GSM = "@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !#¤%&'()*+,-./0123456789:;<=>?¡AZÄÖÑÜ§¿azäöñüà\n\r^{}\\[~]|€";

/** What another implementation reads of our submits. */
const readByOthers = (text: string, textNumber = 7) =>
  shortMessages(text, textNumber).map((body) => {
    const submit = submitBody({ ...body, from: number("12015550100"), to: number("447700900001") });
    return new smpp.PDU(encodePdu({ command: COMMAND.submitSm, status: 0, sequence: 5, body: submit }));
  });

const deliver = (options: Record<string, unknown>) => {
  const [pdu] = new PduStream().take(new smpp.PDU("deliver_sm", options).toBuffer());
  return readDeliver(pdu?.body ?? Buffer.alloc(0));
};
const textOf = (options: Record<string, unknown>) => {
  const { octets, dataCoding } = readShortMessage(deliver(options));
  return decodeText({ octets, dataCoding });
};

/** The same numbers each time. */
function* dice(seed: number): Generator<number> {
  for (let state = seed; ; ) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    yield state / 2_147_483_648;
  }
}

describe("a submit, as the npm package reads it", () => {
  it("bears its addresses, asks for a receipt, and says which alphabet it is in", () => {
    const [pdu] = readByOthers("Hello");
    expect(pdu).toMatchObject({
      command: "submit_sm",
      sequence_number: 5,
      source_addr_ton: 1,
      source_addr_npi: 1,
      source_addr: "12015550100",
      destination_addr: "447700900001",
      registered_delivery: 1,
      esm_class: 0,
      data_coding: 0,
      short_message: { message: "Hello" },
    });
  });

  it("has every letter of GSM's alphabet", () => {
    expect(readByOthers(GSM).map(({ short_message: short }) => short.message)).toEqual([GSM]);
  });

  it("has everything else in UTF-16", () => {
    const text = "Grüße, ç und 😀 до завтра";
    const [pdu] = readByOthers(text);
    expect(pdu).toMatchObject({ data_coding: 8, short_message: { message: text } });
  });

  it("is one of as many as are billed, and together they are the text", () => {
    const rolls = dice(42);
    const roll = (below: number) => Math.floor((rolls.next().value as number) * below);
    const letters = [..."ab€[ñ", ..."жç", "😀", "𝄞"];
    for (let round = 0; round < 400; round++) {
      const choice = letters.slice(0, round % 2 ? 5 : letters.length);
      const text = Array.from({ length: 1 + roll(900) }, () => choice[roll(choice.length)]).join("");
      const pdus = readByOthers(text, round);
      expect(pdus.length).toBe(segmentsOf(text).segments);
      expect(pdus.map(({ short_message: short }) => short.message).join("")).toBe(text);
      for (const [i, pdu] of pdus.entries()) {
        expect(String(pdu.short_message.message).isWellFormed()).toBe(true);
        if (pdus.length > 1)
          expect((pdu.short_message.udh as Buffer[])[0]).toEqual(Buffer.from([0, 3, round & 255, pdus.length, i + 1]));
      }
    }
  });
});

describe("a bind, as the npm package reads it", () => {
  it("says who we are, in version 3.4", () => {
    const body = bindBody({ systemId: "turnpike", password: "secret", systemType: "vma" });
    const pdu = new smpp.PDU(encodePdu({ command: COMMAND.bindTransceiver, status: 0, sequence: 1, body }));
    expect(pdu).toMatchObject({
      command: "bind_transceiver",
      system_id: "turnpike",
      password: "secret",
      system_type: "vma",
      interface_version: 0x34,
    });
  });
});

describe("what the npm package delivers, as we read it", () => {
  it.each([
    ["GSM-7", { data_coding: 0, short_message: GSM }, GSM],
    ["Latin-1", { data_coding: 3, short_message: "façade" }, "façade"],
    ["UCS-2", { data_coding: 8, short_message: "ça va 😀" }, "ça va 😀"],
    [
      "a long one in one piece",
      { data_coding: 8, short_message: "", message_payload: "ж".repeat(900) },
      "ж".repeat(900),
    ],
    ["GSM-7 with a class", { data_coding: 0xf1, short_message: encodeGsm7("a€").octets }, "a€"],
    ["UCS-2 with a class", { data_coding: 0x18, short_message: encodeUcs2("ж").octets }, "ж"],
    ["data", { data_coding: 4, short_message: Buffer.from([1, 2, 3]) }, undefined],
    ["an escape at the end", { data_coding: 0, short_message: Buffer.from([0x61, 0x1b]) }, "a"],
    ["an unknown escape", { data_coding: 0, short_message: Buffer.from([0x1b, 0x61]) }, "a"],
  ])("%s", (_, options, text) => {
    expect(textOf(options)).toBe(text);
  });

  it.each([
    ["an 8-bit number", { esm_class: 0x40, short_message: { udh: Buffer.from([5, 0, 3, 9, 3, 2]), message: "x" } }],
    ["a 16-bit number", { esm_class: 0x40, short_message: { udh: Buffer.from([6, 8, 4, 0, 9, 3, 2]), message: "x" } }],
    [
      "something else before it",
      { esm_class: 0x40, short_message: { udh: Buffer.from([9, 1, 2, 0, 0, 0, 3, 9, 3, 2]), message: "x" } },
    ],
    ["TLVs", { short_message: "x", sar_msg_ref_num: 9, sar_total_segments: 3, sar_segment_seqnum: 2 }],
  ])("a part by %s", (_, options) => {
    const { octets, place } = readShortMessage(deliver(options));
    expect({ text: octets.toString(), place }).toEqual({ text: "x", place: { textNumber: 9, parts: 3, part: 2 } });
  });

  it("says no place where it is none", () => {
    const header = (octets: number[]) => ({
      esm_class: 0x40,
      short_message: { udh: Buffer.from(octets), message: "x" },
    });
    for (const octets of [
      [5, 0, 3, 9, 1, 1],
      [5, 0, 3, 9, 2, 3],
      [5, 0, 3, 9, 2, 0],
      [2, 36, 0],
    ])
      expect(readShortMessage(deliver(header(octets))).place).toBeUndefined();
  });

  it("is refused where it ends too early", () => {
    const [pdu] = new PduStream().take(new smpp.PDU("deliver_sm", { short_message: "Hello" }).toBuffer());
    const body = pdu?.body ?? Buffer.alloc(0);
    for (let length = 0; length < body.length; length++)
      expect(() => readShortMessage(readDeliver(body.subarray(0, length)))).toThrow(RangeError);
    for (const octets of [[9], [5, 0, 3, 9], [3, 8, 4, 0]])
      expect(() => readShortMessage({ ...deliver({ esm_class: 0x40 }), shortMessage: Buffer.from(octets) })).toThrow(
        RangeError,
      );
  });
});

describe("a stream", () => {
  const pdus = ["enquire_link", "unbind", "deliver_sm"].map((name) => new smpp.PDU(name, {}).toBuffer());

  it("is cut into the same PDUs however it arrives", () => {
    const all = Buffer.concat(pdus);
    for (let size = 1; size <= all.length; size++) {
      const stream = new PduStream();
      const seen = [];
      for (let at = 0; at < all.length; at += size) seen.push(...stream.take(all.subarray(at, at + size)));
      expect(seen.map(({ command }) => command)).toEqual([COMMAND.enquireLink, COMMAND.unbind, COMMAND.deliverSm]);
      expect(Buffer.concat(seen.map(encodePdu))).toEqual(all);
    }
  });

  it.each([0, 15, 65_537, 0xffffffff])("of a length of %i is none", (length) => {
    const octets = Buffer.alloc(16);
    octets.writeUInt32BE(length);
    expect(() => new PduStream().take(octets)).toThrow(Gibberish);
  });
});

describe("a message's id", () => {
  it("may lack its end", () => {
    expect(messageIdOf(Buffer.from("4f\0"))).toBe("4f");
    expect(messageIdOf(Buffer.from("4f"))).toBe("4f");
    expect(messageIdOf(Buffer.alloc(0))).toBe("");
  });
});
