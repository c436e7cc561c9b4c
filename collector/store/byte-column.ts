/** A growing run of octets: texts with their varint lengths (ClickHouse `String`), or u32 values. */
export class ByteColumn {
  bytes: Buffer = Buffer.alloc(0);
  length = 0;

  /** Makes room for `more` octets behind `length`. */
  reserve(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(4096, 2 * this.bytes.length, this.length + more));
    this.bytes.copy(grown, 0, 0, this.length);
    this.bytes = grown;
  }

  writeVarint(value: number): void {
    this.reserve(5);
    let rest = value;
    for (; rest >= 0x80; rest >>>= 7) this.bytes[this.length++] = (rest & 0x7f) | 0x80;
    this.bytes[this.length++] = rest;
  }

  writeText(source: Uint8Array, at: number, lengthBytes: number): void {
    this.writeVarint(lengthBytes);
    this.reserve(lengthBytes);
    this.bytes.set(source.subarray(at, at + lengthBytes), this.length);
    this.length += lengthBytes;
  }

  writeString(text: string): void {
    const lengthBytes = Buffer.byteLength(text);
    this.writeVarint(lengthBytes);
    this.reserve(lengthBytes);
    this.length += this.bytes.write(text, this.length);
  }

  writeUint32(value: number): void {
    this.reserve(4);
    this.length = this.bytes.writeUInt32LE(value, this.length);
  }
}
