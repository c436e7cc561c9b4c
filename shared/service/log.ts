/**
 * The log: a line of text for humans, or a JSON object a line for machines. It is given where to write and what time it is.
 * What comes from the wire may be in messages and fields: control characters are escaped, so it cannot forge lines or move a
 * terminal's cursor.
 */

export const logLevels = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** `limited` tells so many keys apart; what comes under further keys shares one. */
const maxLimitedKeys = 1000;
const overflowKey = '(others)';

export interface LogOptions {
  /** Takes one line with its newline. */
  readonly write: (line: string) => void;
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
  readonly format?: 'text' | 'json';
  /** Lines below this level are not written. */
  readonly level?: LogLevel;
  /** `limited` lets one line a key through in this time. */
  readonly limitMs?: number;
}

interface Limit {
  readonly level: LogLevel;
  readonly message: string;
  readonly sinceMs: number;
  suppressed: number;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to escape
const control = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g;

const escapeControl = (text: string): string =>
  text.replace(control, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);

const formatField = (value: string | number | boolean): string => {
  const text = String(value);
  return escapeControl(text === '' || /[\s"=]/.test(text) ? JSON.stringify(text) : text);
};

export class Log {
  readonly #write: (line: string) => void;
  readonly #nowMs: () => number;
  readonly #json: boolean;
  readonly #level: number;
  readonly #limitMs: number;
  /** In the order in which their times began. */
  readonly #limits = new Map<string, Limit>();

  constructor(options: LogOptions) {
    this.#write = options.write;
    this.#nowMs = options.nowMs;
    this.#json = options.format === 'json';
    this.#level = logLevels.indexOf(options.level ?? 'info');
    this.#limitMs = options.limitMs ?? 60_000;
  }

  debug(message: string, fields?: LogFields): void {
    this.#line('debug', message, fields);
  }

  info(message: string, fields?: LogFields): void {
    this.#line('info', message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    this.#line('warn', message, fields);
  }

  error(message: string, fields?: LogFields): void {
    this.#line('error', message, fields);
  }

  /** Like the others, for what can happen often: one line a key and minute, and then how many were held back. */
  limited(key: string, level: LogLevel, message: string, fields?: LogFields): void {
    const nowMs = this.#nowMs();
    this.#tellSuppressed(nowMs - this.#limitMs);
    const known = this.#limits.has(key) || this.#limits.size < maxLimitedKeys;
    const limit = this.#limits.get(known ? key : overflowKey);
    if (limit !== undefined) {
      limit.suppressed++;
      return;
    }
    this.#limits.set(known ? key : overflowKey, { level, message, sinceMs: nowMs, suppressed: 0 });
    this.#line(level, message, fields);
  }

  /** Says what `limited` has held back so far. Call it before the end, and now and then. */
  flush(): void {
    this.#tellSuppressed(Number.POSITIVE_INFINITY);
  }

  #tellSuppressed(untilMs: number): void {
    for (const [key, limit] of this.#limits) {
      if (limit.sinceMs > untilMs) return;
      this.#limits.delete(key);
      if (limit.suppressed > 0) this.#line(limit.level, limit.message, { key, suppressed: limit.suppressed });
    }
  }

  #line(level: LogLevel, message: string, fields: LogFields = {}): void {
    if (logLevels.indexOf(level) < this.#level) return;
    const time = new Date(this.#nowMs()).toISOString();
    if (this.#json) {
      // Ours come first in the line, and last in the assignment, so that no field can replace them.
      const ours = { time, level, message };
      this.#write(`${escapeControl(JSON.stringify(Object.assign({ ...ours }, fields, ours)))}\n`);
      return;
    }
    let text = `${time.slice(0, 10)} ${time.slice(11, 23)}Z ${level.padEnd(5)} ${escapeControl(message)}`;
    for (const [name, value] of Object.entries(fields)) {
      if (value !== undefined) text += ` ${escapeControl(name)}=${formatField(value)}`;
    }
    this.#write(`${text}\n`);
  }
}
