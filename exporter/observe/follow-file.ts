/**
 * Reads a log that grows, as `tail -F` does, from its start or from where it was read before. One that is renamed is read to its end,
 * as long as somebody writes to it, before the new one of its name. Of one that is copied and cut to no length, the copy is looked for.
 */

import { ConfigError } from '../../shared/service/config-error.ts';
import { describeFileError } from './capture-file.ts';
import { encodingHeadBytes, findEncoding } from './find-encoding.ts';
import { hashHead, LogFile } from './log-file.ts';
import type { LogReceiver, LogSource } from './log-source.ts';
import { type FileMark, findMarkedFile, findNextFormer } from './rotated-files.ts';

const pollMs = 250;
const readBytes = 256 << 10;
/** Whoever writes goes on with the former file until it is told of the new one. */
const quietMs = 1000;
const gzipMagic = 0x1f8b;

export interface FollowOptions {
  readonly path: string;
  /** False: to the end of what is there. */
  readonly follow: boolean;
  /** What is there already is left out, unless it is known how far it was read. */
  readonly fromEnd: boolean;
  /** How far it was read, and how many lines that were. */
  readonly resume: (FileMark & { readonly line: number }) | undefined;
  readonly warn: (message: string) => void;
}

/** @throws ConfigError: it is nothing that grows. */
const checkFile = async (file: LogFile): Promise<void> => {
  if (!(await file.facts()).isFile)
    throw new ConfigError(`${file.path}: only a plain file has a position; leave --follow and --state away`);
  const head = await file.readHead(encodingHeadBytes);
  const problem = findEncoding(head);
  if (problem !== undefined) throw new ConfigError(`${file.path}: ${problem}`);
  if (head.length >= 2 && head.readUInt16BE() === gzipMagic)
    throw new ConfigError(
      `${file.path}: it is packed, so nothing is added to it; leave --follow and --state away`,
    );
};

const openToFollow = async (path: string): Promise<LogFile | undefined> => {
  try {
    return await LogFile.open(path);
  } catch (error) {
    throw new ConfigError(`${path}: ${describeFileError(error)}`);
  }
};

export class FollowedFile implements LogSource {
  readonly name: string;
  readonly isLive: boolean;
  readonly totalOctets = 0;
  readonly #options: FollowOptions;
  readonly #buffer = Buffer.allocUnsafeSlow(readBytes);
  #file: LogFile | undefined;
  #line = 0;
  #stopped = false;
  #wake = (): void => undefined;

  private constructor(options: FollowOptions) {
    this.#options = options;
    this.name = options.path;
    this.isLive = options.follow;
  }

  /** Finds where to begin. @throws ConfigError: there is no file, and none is waited for; or it is nothing that grows. */
  static async open(options: FollowOptions): Promise<FollowedFile> {
    const { path, follow, fromEnd, resume, warn } = options;
    const source = new FollowedFile(options);
    const current = await openToFollow(path);
    if (current !== undefined) await checkFile(current);
    else if (!follow && resume === undefined) throw new ConfigError(`${path}: there is no such file`);
    const marked = resume && (await findMarkedFile(path, resume));
    if (marked !== undefined) {
      await current?.close();
      source.#file = marked;
      source.#line = resume?.line ?? 0;
      return source;
    }
    if (resume !== undefined)
      warn(
        `${path}: the file that was read up to octet ${resume.position} is gone, and what was written to it since; the new one is read from its start`,
      );
    else if (fromEnd) await current?.moveToEnd();
    if (current === undefined) warn(`${path}: there is no such file yet; it is waited for`);
    source.#file = current;
    return source;
  }

  /** What the file that is being read is known by later; undefined while there is none. */
  get mark(): Omit<FileMark, 'position'> | undefined {
    const file = this.#file;
    return file && { identity: file.identity, headBytes: file.head.length, headHash: hashHead(file.head) };
  }

  stop(): void {
    this.#stopped = true;
    this.#wake();
  }

  async read(receiver: LogReceiver): Promise<void> {
    this.#file ??= await this.#waitForFile();
    for (let line = this.#line; this.#file !== undefined; line = 0) {
      const file: LogFile = this.#file;
      receiver.begin({ position: file.position, line });
      const isLeft = await this.#readAll(file, receiver);
      if (!isLeft) {
        await file.close();
        return;
      }
      const next = await findNextFormer(this.#options.path, file);
      await file.close();
      this.#file = next ?? (await this.#waitForFile());
    }
  }

  /** True: another file has taken its place. False: that is all there is. */
  async #readAll(file: LogFile, receiver: LogReceiver): Promise<boolean> {
    for (;;) {
      // Asked before the last octets are read: whoever has left it alone since then has written them all.
      const isLeft = await this.#isLeft(file);
      await this.#readOn(file, receiver);
      if (this.#stopped || (!isLeft && !this.#options.follow)) {
        await receiver.end('waiting');
        return false;
      }
      if (isLeft) {
        await receiver.end('whole');
        return true;
      }
      await this.#pause();
    }
  }

  async #readOn(file: LogFile, receiver: LogReceiver): Promise<void> {
    while (!this.#stopped) {
      const { size, modifiedNs } = await file.facts();
      if (await file.isCut(size)) {
        await this.#beginAnew(file, receiver);
        continue;
      }
      const piece = await file.read(this.#buffer);
      if (piece.length === 0) return;
      await receiver.octets(piece, Number(modifiedNs / 1_000_000n));
    }
  }

  /** It was cut to no length. If it was copied before, the copy has what was not read of it. */
  async #beginAnew(file: LogFile, receiver: LogReceiver): Promise<void> {
    const { position, head, identity } = file;
    const mark = { identity, position, headBytes: head.length, headHash: hashHead(head) };
    const copy = await findMarkedFile(this.#options.path, mark);
    if (copy !== undefined) {
      const { modifiedNs } = await copy.facts();
      for (;;) {
        const piece = await copy.read(this.#buffer);
        if (piece.length === 0) break;
        await receiver.octets(piece, Number(modifiedNs / 1_000_000n));
      }
      await copy.close();
    } else
      this.#options.warn(
        `${file.path}: it was cut to no length, and there is no copy of it: what was written to it last may be missing`,
      );
    await receiver.end(copy === undefined ? 'cut' : 'whole');
    await file.moveTo(0);
    receiver.begin({ position: 0, line: 0 });
  }

  /** Its name belongs to another file that has something in it, and nobody writes to this one any more. */
  async #isLeft(file: LogFile): Promise<boolean> {
    const current = await LogFile.open(this.#options.path);
    if (current === undefined) return false;
    const { size } = await current.facts();
    await current.close();
    if (size === 0 || file.isSame(current.identity)) return false;
    const { modifiedNs } = await file.facts();
    return !this.#options.follow || Math.abs(Date.now() - Number(modifiedNs / 1_000_000n)) >= quietMs;
  }

  async #waitForFile(): Promise<LogFile | undefined> {
    while (!this.#stopped) {
      const file = await LogFile.open(this.#options.path);
      if (file !== undefined || !this.#options.follow) return file;
      await this.#pause();
    }
    return undefined;
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, pollMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
      if (this.#stopped) this.#wake();
    });
  }
}
