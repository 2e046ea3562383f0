/** Reads a PDU's body from its start. @throws RangeError beyond its end */
export class OctetReader {
  readonly #octets: Buffer;
  #at = 0;

  constructor(octets: Buffer) {
    this.#octets = octets;
  }

  get left(): number {
    return this.#octets.length - this.#at;
  }

  octet(): number {
    return this.raw(1).readUInt8(0);
  }

  uint16(): number {
    return this.raw(2).readUInt16BE(0);
  }

  skip(count: number): void {
    this.raw(count);
  }

  raw(count: number): Buffer {
    if (count > this.left) throw new RangeError("a PDU ends too early");
    this.#at += count;
    return this.#octets.subarray(this.#at - count, this.#at);
  }

  /** Up to the next zero, or to the end: not everybody writes the last one. */
  cString(): string {
    const end = this.#octets.indexOf(0, this.#at);
    const text = this.raw((end < 0 ? this.#octets.length : end) - this.#at).toString("latin1");
    if (end >= 0) this.#at++;
    return text;
  }
}

export class OctetWriter {
  readonly #parts: Buffer[] = [];

  octets(...values: number[]): this {
    return this.raw(Buffer.from(values));
  }

  raw(octets: Buffer): this {
    this.#parts.push(octets);
    return this;
  }

  cString(text: string): this {
    return this.raw(Buffer.from(`${text}\0`, "latin1"));
  }

  done(): Buffer {
    return Buffer.concat(this.#parts);
  }
}
