/** Octets into lines. */

/** A line of a log is some hundred octets; what is longer is no line. */
export const maxLineBytes = 65_536;

/** `number` counts from 1; `endOctets` is behind the line and its end, counted from the first octet that was pushed. */
export interface LineReceiver {
  /** Without its LF or CRLF. */
  line(text: string, number: number, endOctets: number): void;
  /** A line of more than `maxLineBytes`, which is left out. */
  tooLong(number: number, endOctets: number): void;
}

const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/** What editors of Windows write first. */
const startsWithMark = (line: Buffer, at: number): boolean =>
  line[at] === 0xef && line[at + 1] === 0xbb && line[at + 2] === 0xbf;

export class LineSplitter {
  readonly #receiver: LineReceiver;
  /** The beginning of a line whose end has not come. */
  #kept: Buffer[] = [];
  #keptBytes = 0;
  #isTooLong = false;
  #number = 0;
  #octets = 0;

  constructor(receiver: LineReceiver) {
    this.#receiver = receiver;
  }

  /** The octets are the caller's again when it returns. */
  push(piece: Uint8Array): void {
    const octets = Buffer.from(piece.buffer, piece.byteOffset, piece.length);
    let at = 0;
    for (let end = octets.indexOf(lineFeed); end >= 0; end = octets.indexOf(lineFeed, at)) {
      this.#finish(octets, at, end, this.#octets + end + 1);
      at = end + 1;
    }
    this.#octets += octets.length;
    this.#keep(octets, at);
  }

  /** A last line may have no end. */
  end(): void {
    if (this.#keptBytes > 0 || this.#isTooLong) this.#finish(Buffer.alloc(0), 0, 0, this.#octets);
  }

  #keep(octets: Buffer, from: number): void {
    const bytes = octets.length - from;
    if (bytes === 0 || this.#isTooLong) return;
    this.#keptBytes += bytes;
    this.#isTooLong = this.#keptBytes > maxLineBytes + 1;
    if (this.#isTooLong) this.#kept = [];
    else this.#kept.push(Buffer.from(octets.subarray(from)));
  }

  #finish(octets: Buffer, from: number, to: number, endOctets: number): void {
    let line = octets;
    let start = from;
    let stop = to;
    if (this.#keptBytes > 0 && !this.#isTooLong) {
      line = Buffer.concat([...this.#kept, octets.subarray(from, to)]);
      start = 0;
      stop = line.length;
    }
    if (this.#number === 0 && startsWithMark(line, start)) start += 3;
    if (stop > start && line[stop - 1] === carriageReturn) stop--;
    const isTooLong = this.#isTooLong || stop - start > maxLineBytes;
    this.#kept = [];
    this.#keptBytes = 0;
    this.#isTooLong = false;
    this.#number++;
    if (isTooLong) this.#receiver.tooLong(this.#number, endOctets);
    else this.#receiver.line(line.toString('utf8', start, stop), this.#number, endOctets);
  }
}
