import { readFields } from "./answer-head.ts";
import { WireFault } from "./wire-fault.ts";

/** Longest line of a chunk's size, with its extensions. */
const SIZE_LINE_CHARS = 1_024;
/** What chunks may cost beyond twice their data and a plain size line: what is small on the way must be so for us too. */
const MOST_EXCESS_BYTES = 16_384;
const PLAIN_LINE_BYTES = 16;
/** 13 hexadecimal digits are exact in a number. */
const SIZE_LINE = /^([0-9a-fA-F]{1,13})[\t ]*(?:;[\t\x20-\x7e\x80-\xff]*)?$/;

type Part = "size" | "data" | "data-end" | "trailer";

/** A chunked body, read piece by piece. */
export class Chunks {
  isWhole = false;
  readonly #trailerChars: number;
  #part: Part = "size";
  #left = 0;
  #excessBytes = 0;
  /** What is there of a line that is not whole yet. */
  #line = "";
  #trailer = "";

  constructor(trailerChars: number) {
    this.#trailerChars = trailerChars;
  }

  /**
   * Takes what is there of the body off `bytes`: gives its data, moved together in place, and what comes behind its end.
   * Piece by piece, an upstream could make 10,000 of them of one read, each with a write to the caller.
   *
   * @throws WireFault WIRE_CHUNK, WIRE_HEAD
   */
  take(bytes: Buffer): { data: Buffer; rest: Buffer } {
    let from = 0;
    let to = 0;
    let at = 0;
    while (at < bytes.length && !this.isWhole) {
      if (this.#part !== "data") {
        at += this.#takeLine(bytes.subarray(at));
        continue;
      }
      const end = Math.min(bytes.length, at + this.#left);
      if (to === 0) from = to = at;
      if (to < at) bytes.copyWithin(to, at, end);
      to += end - at;
      this.#left -= end - at;
      if (this.#left === 0) this.#part = "data-end";
      at = end;
    }
    return { data: bytes.subarray(from, to), rest: bytes.subarray(at) };
  }

  /** How many bytes it took. */
  #takeLine(bytes: Buffer): number {
    const end = bytes.indexOf(10);
    this.#line += bytes.toString("latin1", 0, end < 0 ? bytes.length : end + 1);
    if (this.#line.length > this.#longest()) throw new WireFault("WIRE_CHUNK");
    if (end < 0) return bytes.length;
    if (!this.#line.endsWith("\r\n")) throw new WireFault("WIRE_CHUNK");
    this.#endLine(this.#line.slice(0, -2));
    this.#line = "";
    return end + 1;
  }

  #longest(): number {
    if (this.#part === "data-end") return 2;
    return this.#part === "size" ? SIZE_LINE_CHARS : this.#trailerChars - this.#trailer.length;
  }

  #endLine(line: string): void {
    if (this.#part === "size") this.#startChunk(line);
    else if (this.#part === "data-end") this.#endChunk(line);
    else if (line !== "") this.#trailer += `${line}\r\n`;
    else this.#end();
  }

  #startChunk(line: string): void {
    const size = SIZE_LINE.exec(line)?.[1];
    if (size === undefined) throw new WireFault("WIRE_CHUNK");
    this.#left = Number.parseInt(size, 16);
    this.#excessBytes = Math.max(0, this.#excessBytes + line.length - PLAIN_LINE_BYTES - 2 * this.#left);
    if (this.#excessBytes > MOST_EXCESS_BYTES) throw new WireFault("WIRE_CHUNK");
    this.#part = this.#left === 0 ? "trailer" : "data";
  }

  #endChunk(line: string): void {
    if (line !== "") throw new WireFault("WIRE_CHUNK");
    this.#part = "size";
  }

  /** Nobody is told the trailer, but one that is none may be something else. */
  #end(): void {
    readFields(this.#trailer);
    this.isWhole = true;
  }
}
