import { readFields } from "./answer-head.ts";
import { WireFault } from "./wire-fault.ts";

/** Longest line of a chunk's size, with its extensions. */
const SIZE_LINE_CHARS = 1_024;
/** 13 hexadecimal digits are exact in a number. */
const SIZE_LINE = /^([0-9a-fA-F]{1,13})[\t ]*(?:;[\t\x20-\x7e\x80-\xff]*)?$/;

type Part = "size" | "data" | "data-end" | "trailer";

/** A chunked body, read piece by piece. */
export class Chunks {
  isWhole = false;
  readonly #trailerChars: number;
  #part: Part = "size";
  #left = 0;
  /** What is there of a line that is not whole yet. */
  #line = "";
  #trailer = "";

  constructor(trailerChars: number) {
    this.#trailerChars = trailerChars;
  }

  /**
   * Takes the next piece off `bytes`: gives what is left of them, and the piece if it is data.
   * @throws WireFault WIRE_CHUNK, WIRE_HEAD
   */
  take(bytes: Buffer): { rest: Buffer; data?: Buffer } {
    if (this.#part !== "data") return { rest: this.#takeLine(bytes) };
    const data = bytes.subarray(0, this.#left);
    this.#left -= data.length;
    if (this.#left === 0) this.#part = "data-end";
    return { rest: bytes.subarray(data.length), data };
  }

  #takeLine(bytes: Buffer): Buffer {
    const end = bytes.indexOf(10);
    this.#line += bytes.toString("latin1", 0, end < 0 ? bytes.length : end + 1);
    if (this.#line.length > this.#longest()) throw new WireFault("WIRE_CHUNK");
    if (end < 0) return bytes.subarray(bytes.length);
    if (!this.#line.endsWith("\r\n")) throw new WireFault("WIRE_CHUNK");
    this.#endLine(this.#line.slice(0, -2));
    this.#line = "";
    return bytes.subarray(end + 1);
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
