/** How far a file has been read, as a line that is written over itself on a terminal. */

import { formatBytes, formatDuration } from './format-quantity.ts';

const barCells = 24;
const clearLine = '\r\x1b[2K';
const everyMs = 100;

export interface Progress {
  readonly octets: number;
  /** Of the file; 0 where it is not known. */
  readonly totalOctets: number;
  /** What came of it so far: `1.2M packets  35k flows`. */
  readonly counts: string;
}

/** `[######------------------]  25 %  1.2M packets  35k flows  30 s left`; without a total: what was read. */
export const formatProgress = ({ octets, totalOctets, counts }: Progress, elapsedMs: number): string => {
  if (totalOctets === 0) return `${formatBytes(octets)}  ${counts}`;
  const part = Math.min(1, octets / totalOctets);
  const filled = Math.round(part * barCells);
  const bar = `[${'#'.repeat(filled)}${'-'.repeat(barCells - filled)}]`;
  const left = part > 0.02 && part < 1 ? `  ${formatDuration((elapsedMs / part) * (1 - part))} left` : '';
  return `${bar} ${String(Math.floor(part * 100)).padStart(3)} %  ${counts}${left}`;
};

export class ProgressLine {
  readonly #out: NodeJS.WriteStream;
  readonly #startedAtMs: number;
  readonly #isAlone: boolean;
  #shownAtMs = 0;
  #isShown = false;

  /** `records`: where records are printed, if they are. On a terminal, they and the line would be written into each other. */
  constructor(out: NodeJS.WriteStream, nowMs: number, records?: Pick<NodeJS.WriteStream, 'isTTY'>) {
    this.#out = out;
    this.#isAlone = records?.isTTY !== true;
    this.#startedAtMs = nowMs;
  }

  /** On a terminal only, and ten times a second at most. */
  show(progress: Progress, nowMs: number): void {
    if (this.#out.isTTY !== true || !this.#isAlone || nowMs - this.#shownAtMs < everyMs) return;
    this.#shownAtMs = nowMs;
    this.#isShown = true;
    const text = formatProgress(progress, nowMs - this.#startedAtMs);
    // A terminal whose size was never set says 0.
    this.#out.write(`${clearLine}${text.slice(0, Math.max(20, (this.#out.columns || 80) - 1))}`);
  }

  /** Before anything else is written to the terminal. */
  clear(): void {
    if (this.#isShown) this.#out.write(clearLine);
    this.#isShown = false;
  }
}
