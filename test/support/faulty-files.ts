/** Files of a segment that note what is done to them, and do less of it, or refuse. */

import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import type { OpenFile } from '../../collector/journal/segment-writer.ts';

export class FaultyFiles {
  /** `open`, `write 0+64`, `truncate 64`, `datasync`, `close`, each behind the name of the file without its zeros. */
  readonly calls: string[] = [];
  /** The most octets that one write takes. */
  mostBytes = Number.POSITIVE_INFINITY;
  /** The code with which the next calls of a name fail. */
  readonly faults = new Map<string, string>();
  /** Called with what was noted. */
  onCall: (call: string) => void = () => {};

  readonly open: OpenFile = async (path, flags, mode) => {
    const name = basename(path, '.flj').replace(/^0+(?=\d)/, '');
    this.#note(name, 'open');
    const file = await open(path, flags, mode);
    return {
      write: async (bytes: Uint8Array, offset: number, length: number, at: number) => {
        const taken = Math.min(length, this.mostBytes);
        this.#note(name, 'write', ` ${at}+${taken}`);
        return await file.write(bytes, offset, taken, at);
      },
      truncate: async (bytes: number) => {
        this.#note(name, 'truncate', ` ${bytes}`);
        await file.truncate(bytes);
      },
      datasync: async () => {
        this.#note(name, 'datasync');
        await file.datasync();
      },
      close: async () => {
        this.#note(name, 'close');
        await file.close();
      },
    } as Awaited<ReturnType<OpenFile>>;
  };

  #note(name: string, what: string, more = ''): void {
    this.calls.push(`${name} ${what}${more}`);
    this.onCall(what);
    const code = this.faults.get(what);
    if (code !== undefined) throw Object.assign(new Error(`${code}: as the test wants it`), { code });
  }
}
