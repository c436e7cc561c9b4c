/** Takes what a source of a log gives, as lines. */

import type { LogEnd, LogReceiver, LogStart } from '../../exporter/observe/log-source.ts';

export class TestLogReceiver implements LogReceiver {
  /** Whole lines, and `cut` or `waiting` where a file ended like that. */
  readonly lines: string[] = [];
  readonly starts: LogStart[] = [];
  readonly writtenMs: number[] = [];
  position = 0;
  #rest = '';

  begin(start: LogStart): void {
    this.starts.push(start);
    this.position = start.position;
    this.#rest = '';
  }

  async octets(piece: Uint8Array, writtenMs: number): Promise<void> {
    this.writtenMs.push(writtenMs);
    const lines = (this.#rest + Buffer.from(piece).toString()).split('\n');
    this.#rest = lines.pop() ?? '';
    this.lines.push(...lines);
    for (const line of lines) this.position += line.length + 1;
  }

  async end(how: LogEnd): Promise<void> {
    if (how !== 'whole') this.lines.push(how);
    else if (this.#rest !== '') this.lines.push(this.#rest);
    this.#rest = '';
  }
}
