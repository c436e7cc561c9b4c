/** Octets into the texts of JSON values: one a line, several lines a value, or one value that has them all. */

/** A search response with its hits, some hundred thousand of them. */
export const maxValueBytes = 128 * 1024 * 1024;
/** Deeper than any log. */
export const maxDepth = 64;

/** `number` is that of the line in which the value, or what is wrong, begins, from 1 on. */
export interface ValueReceiver {
  /** `endOctets` is behind the value, counted from the first octet that was pushed. */
  value(text: string, number: number, endOctets: number): void;
  /** All up to the next line end, or to where a value seems to begin, is left out. */
  problem(text: string, number: number): void;
}

const code = (char: string): number => char.charCodeAt(0);
const lineFeed = 0x0a;
const quote = code('"');
const backslash = code('\\');
const colon = code(':');
const comma = code(',');
const openBrace = code('{');
const closeBrace = code('}');
const openBracket = code('[');
const closeBracket = code(']');

/** What editors of Windows write first: the byte order mark. */
const mark = [0xef, 0xbb, 0xbf];

const isBlank = (octet: number): boolean => octet <= 0x20 && octet !== 0;

/**
 * Tells only where values begin and end; whether they are JSON, JSON.parse knows. A value that is cut off (a log may end within a line, and go
 * on) does not take the next ones with it: no string has a line end in it, and no object has an object where a key must be.
 */
export class JsonValues {
  readonly #receiver: ValueReceiver;
  /** Of the value that has begun: its pieces, and for each level whether it is an object. */
  #kept: Buffer[] = [];
  #keptBytes = 0;
  readonly #isObject: boolean[] = [];
  #isInString = false;
  #isEscaped = false;
  /** Nothing up to the next line end is looked at. */
  #isSkipping = false;
  /** The last octet that is not blank. */
  #last = 0;
  #line = 1;
  #firstLine = 1;
  #octets = 0;

  constructor(receiver: ValueReceiver) {
    this.#receiver = receiver;
  }

  /** The octets are the caller's again when it returns. */
  push(piece: Uint8Array): void {
    const octets = Buffer.from(piece.buffer, piece.byteOffset, piece.length);
    let from = 0;
    for (let at = 0; at < octets.length; at++) {
      const octet = octets[at] as number;
      if (octet === lineFeed) this.#line++;
      if (this.#isSkipping) {
        this.#isSkipping = octet !== lineFeed;
        continue;
      }
      if (this.#isInString) {
        this.#string(octet);
        continue;
      }
      if (isBlank(octet)) continue;
      if (this.#isObject.length === 0 || this.#isCutOff(octet)) {
        if (!this.#isBetween(octet, this.#octets + at)) {
          this.#begin(octet);
          from = at;
        }
      } else if (this.#step(octet)) this.#finish(octets, from, at + 1);
      this.#last = octet;
    }
    this.#octets += octets.length;
    if (this.#isObject.length > 0) this.#keep(octets, from);
  }

  /** What has begun is cut off. */
  end(): void {
    if (this.#isObject.length > 0) this.#give('the value has no end', this.#firstLine);
  }

  /** An object where a key or a comma must be. */
  #isCutOff(octet: number): boolean {
    if (octet !== openBrace || this.#last === colon || this.#isObject.at(-1) !== true) return false;
    this.#give('the value has no end', this.#firstLine);
    return true;
  }

  /** Values that were cut out of a list have commas behind them. */
  #isBetween(octet: number, position: number): boolean {
    return (octet === comma && this.#last === closeBrace) || octet === mark[position];
  }

  #give(problem: string, line: number): void {
    this.#reset();
    this.#receiver.problem(problem, line);
  }

  #reset(): void {
    this.#kept = [];
    this.#keptBytes = 0;
    this.#isObject.length = 0;
    this.#isInString = false;
    this.#isEscaped = false;
  }

  #begin(octet: number): void {
    this.#firstLine = this.#line;
    if (octet === openBrace || octet === openBracket) {
      this.#isObject.push(octet === openBrace);
      return;
    }
    this.#isSkipping = true;
    this.#give('it is no JSON object or array', this.#line);
  }

  #string(octet: number): void {
    if (octet === lineFeed) this.#give('the value has no end', this.#firstLine);
    else if (this.#isEscaped) this.#isEscaped = false;
    else if (octet === backslash) this.#isEscaped = true;
    else if (octet === quote) this.#isInString = false;
  }

  /** @returns whether the value ends here. */
  #step(octet: number): boolean {
    if (octet === quote) this.#isInString = true;
    else if (octet === openBrace || octet === openBracket) {
      this.#isObject.push(octet === openBrace);
      if (this.#isObject.length > maxDepth) {
        this.#isSkipping = true;
        this.#give(`the value has more than ${maxDepth} levels`, this.#firstLine);
      }
    } else if (octet === closeBrace || octet === closeBracket) {
      this.#isObject.pop();
      return this.#isObject.length === 0;
    }
    return false;
  }

  #finish(octets: Buffer, from: number, to: number): void {
    const part = octets.subarray(this.#keptBytes > 0 ? 0 : from, to);
    const isTooLong = this.#keptBytes + part.length > maxValueBytes;
    const text = isTooLong
      ? ''
      : (this.#kept.length === 0 ? part : Buffer.concat([...this.#kept, part])).toString('utf8');
    this.#reset();
    if (isTooLong) this.#receiver.problem(`the value has more than ${maxValueBytes} octets`, this.#firstLine);
    else this.#receiver.value(text, this.#firstLine, this.#octets + to);
  }

  #keep(octets: Buffer, from: number): void {
    const part = octets.subarray(this.#keptBytes > 0 ? 0 : from);
    this.#keptBytes += part.length;
    if (this.#keptBytes <= maxValueBytes) this.#kept.push(Buffer.from(part));
    else this.#kept = [];
  }
}
