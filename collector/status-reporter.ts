/** A status line that is written over itself on a terminal; log lines go above it. Elsewhere, a line a minute. */

import type { Status, StatusReading } from './status-line.ts';

const everyMs = 1000;
const readingsAMinute = 60;
const clearLine = '\r\x1b[2K';

export interface StatusSource {
  /** Brings up to date what has to be asked for. */
  refresh(): Promise<void>;
  read(): StatusReading;
  status(before: StatusReading, now: StatusReading): Status;
  /** Once a minute, with what the minute was like. */
  perMinute(status: Status): void;
}

export class StatusReporter {
  readonly #out: NodeJS.WriteStream;
  readonly #live: boolean;
  #timer: NodeJS.Timeout | undefined;
  #line = '';

  constructor(out: NodeJS.WriteStream, live: boolean) {
    this.#out = out;
    this.#live = live && out.isTTY === true;
  }

  /** A line of the log, newline included. */
  writeLine(line: string): void {
    if (this.#line === '') this.#out.write(line);
    else this.#out.write(`${clearLine}${line}${this.#line}`);
  }

  start(source: StatusSource): void {
    let last = source.read();
    let lastMinute = last;
    let readings = 0;
    const read = async (): Promise<void> => {
      await source.refresh();
      const now = source.read();
      if (this.#live) this.#show(source.status(last, now).text);
      last = now;
      if (++readings % readingsAMinute !== 0) return;
      const status = source.status(lastMinute, now);
      lastMinute = now;
      source.perMinute(status);
    };
    this.#timer = setInterval(() => void read(), everyMs);
  }

  stop(): void {
    clearInterval(this.#timer);
    if (this.#line !== '') this.#out.write('\n');
    this.#line = '';
  }

  #show(text: string): void {
    this.#line = text.slice(0, Math.max(20, (this.#out.columns ?? 80) - 1));
    this.#out.write(`${clearLine}${this.#line}`);
  }
}
