import type { AnswerHead } from "./answer-head.ts";
import { WireFault } from "./wire-fault.ts";

/** Where an answer's body ends. */
export type Framing = { kind: "length"; bytes: number } | { kind: "chunked" } | { kind: "close" };

const NO_BODY: Framing = { kind: "length", bytes: 0 };
/** 15 digits are exact in a number. */
const LENGTH = /^\d{1,15}$/;

/**
 * One meaning or none: a length beside a transfer coding, two lengths, and any coding but chunked are refused, since
 * somebody else on the way may have read them otherwise.
 *
 * @throws WireFault WIRE_FRAMING
 */
export function framingOf({ status, headers }: AnswerHead, method: string): Framing {
  const coding: string | string[] | undefined = headers["transfer-encoding"];
  const length: string | string[] | undefined = headers["content-length"];
  if (coding !== undefined && (length !== undefined || String(coding).toLowerCase() !== "chunked"))
    throw new WireFault("WIRE_FRAMING");
  if (length !== undefined && (typeof length !== "string" || !LENGTH.test(length))) throw new WireFault("WIRE_FRAMING");
  if (method === "HEAD" || status === 204 || status === 304) return NO_BODY;
  if (coding !== undefined) return { kind: "chunked" };
  return length === undefined ? { kind: "close" } : { kind: "length", bytes: Number(length) };
}

/** How long the connection may be kept when the answer is over, in ms; 0 for not at all. */
export function keptMs({ status, isHttp10, headers }: AnswerHead, framing: Framing, mostMs: number): number {
  if (isHttp10 || framing.kind === "close" || names(headers.connection, "close")) return 0;
  if ((status === 204 || status === 304) && announcesBody(headers)) return 0;
  const seconds = /\btimeout\s*=\s*(\d{1,9})\b/i.exec(String(headers["keep-alive"] ?? ""))?.[1];
  return seconds === undefined ? mostMs : Math.max(0, Math.min(mostMs, Number(seconds) * 1000 - MARGIN_MS));
}

/** We leave so much sooner than the upstream does: what we send while it closes would be lost. */
const MARGIN_MS = 2_000;

/** There should be none, but who says so may send it, and it would be read as the next answer. */
const announcesBody = (headers: AnswerHead["headers"]): boolean =>
  headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;

function names(value: string | string[] | undefined, option: string): boolean {
  if (value === undefined) return false;
  if (value === "keep-alive") return false;
  return String(value)
    .toLowerCase()
    .split(",")
    .some((each) => each.trim() === option);
}
