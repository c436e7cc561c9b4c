/** A log that is read once, to its end: a file, packed or not, a pipe, standard input. */

import { open, stat } from 'node:fs/promises';
import { ConfigError } from '../../shared/service/config-error.ts';
import { openCaptureFile } from './capture-file.ts';
import { encodingHeadBytes, findEncoding } from './find-encoding.ts';
import type { LogReceiver, LogSource } from './log-source.ts';
import type { PacketSource, StandardInput } from './packet-source.ts';
import { streamSource } from './stream-source.ts';

/** `modifiedMs`: undefined where what is read is written now. */
const logSource = (octets: PacketSource, modifiedMs: number | undefined): LogSource => {
  let stopped = false;
  return {
    name: octets.name,
    isLive: modifiedMs === undefined,
    totalOctets: octets.totalOctets,
    async read(receiver: LogReceiver) {
      receiver.begin({ position: 0, line: 0 });
      for await (const piece of octets.octets()) {
        if (stopped) break;
        await receiver.octets(piece, modifiedMs ?? Date.now());
      }
      await receiver.end(stopped ? 'waiting' : 'whole');
    },
    stop() {
      stopped = true;
      octets.stop();
    },
  };
};

const readHead = async (path: string): Promise<Uint8Array> => {
  const handle = await open(path);
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(encodingHeadBytes), 0, encodingHeadBytes, 0);
  await handle.close();
  return buffer.subarray(0, bytesRead);
};

/** `path`: `-` is standard input. @throws ConfigError when there is nothing to read, in words that name the way out. */
export const openLog = async (path: string, input: StandardInput = process.stdin): Promise<LogSource> => {
  if (path === '-') {
    if (input.isTTY)
      throw new ConfigError(
        'standard input is a terminal: give a log, like "conntrack -E | flowledger export ulogd -"',
      );
    return logSource(streamSource('standard input', input), undefined);
  }
  const facts = await stat(path).catch(() => undefined);
  if (facts?.isDirectory()) throw new ConfigError(`${path}: this is a folder, not a log`);
  // A file that cannot be read is told by who opens it.
  const head = facts?.isFile() ? await readHead(path).catch(() => undefined) : undefined;
  const problem = head && findEncoding(head);
  if (problem !== undefined) throw new ConfigError(`${path}: ${problem}`);
  return logSource(await openCaptureFile(path), facts?.isFile() ? facts.mtimeMs : undefined);
};
