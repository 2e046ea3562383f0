import type { Receipt } from "../../phone.ts";
import type { Deliver } from "./pdu.ts";

export type SmppReceipt = { carrierId: string; status: Receipt["status"] | undefined };

/** How a carrier writes in a receipt's text what it called the message before. */
export type ReceiptIds = "same" | "decimal" | "hex";

/** SMPP 3.4, 5.2.12: a delivery receipt, an intermediate notification. */
const RECEIPT_KINDS = new Set([0x04, 0x20]);
const TLV = { messageState: 0x0427, receiptedMessageId: 0x001e } as const;
/** By number as in the TLV (5.2.28), and by the word in the text. An `UNKNOWN` says nothing. */
const STATES: readonly (readonly [number, string, Receipt["status"]])[] = [
  [1, "ENROUTE", "sent"],
  [2, "DELIVRD", "delivered"],
  [3, "EXPIRED", "undelivered"],
  [4, "DELETED", "undelivered"],
  [5, "UNDELIV", "undelivered"],
  [6, "ACCEPTD", "sent"],
  [8, "REJECTD", "undelivered"],
];

/** Undefined: that is no receipt. */
export function readReceipt(deliver: Deliver, ids: ReceiptIds): SmppReceipt | undefined {
  // Some forget to say what it is; nothing but a receipt has that TLV.
  if (!RECEIPT_KINDS.has(deliver.esmClass & 0x3c) && !deliver.tlvs.has(TLV.receiptedMessageId)) return undefined;
  const text = deliver.shortMessage.toString("latin1");
  const told = deliver.tlvs.get(TLV.receiptedMessageId)?.toString("latin1").replace(/\0.*$/s, "");
  const [, written] = /\bid:\s*(\S+)/i.exec(text) ?? [];
  const carrierId = told || (written && convert(written, ids));
  if (!carrierId) return undefined;
  return { carrierId: plainId(carrierId), status: statusOf(deliver.tlvs.get(TLV.messageState), text) };
}

function statusOf(state: Buffer | undefined, text: string): Receipt["status"] | undefined {
  const [, word = ""] = /\bstat:\s*([a-z]+)/i.exec(text) ?? [];
  const known = STATES.find(([number, name]) =>
    state?.length ? number === state.readUInt8(0) : name === word.toUpperCase().slice(0, 7),
  );
  return known?.[2];
}

/** The same id, whether it came padded, in capitals, or as it was given. */
export const plainId = (id: string): string =>
  id
    .trim()
    .toLowerCase()
    .replace(/^0+(?=.)/, "");

function convert(id: string, ids: ReceiptIds): string {
  if (ids === "decimal" && /^\d{1,40}$/.test(id)) return BigInt(id).toString(16);
  if (ids === "hex" && /^[\da-f]{1,40}$/i.test(id)) return BigInt(`0x${id}`).toString();
  return id;
}
