/** What is wrong with a capture file, in a sentence for the person who gave it, and where in the file. */
export class CaptureError extends Error {
  /** Octets from the beginning of the (unpacked) file. */
  readonly offset: number;

  constructor(problem: string, offset: number) {
    super(`${problem} (at octet ${offset})`);
    this.name = 'CaptureError';
    this.offset = offset;
  }
}
