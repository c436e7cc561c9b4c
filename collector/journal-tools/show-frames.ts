/** `flowledger journal show`: the frames of the journal, one line each. */

import type { Writable } from 'node:stream';
import { formatTotal } from '../../shared/service/format-quantity.ts';
import { LineWriter } from '../decode-file/line-writer.ts';
import { describeDamage } from './damage-text.ts';
import { formatFrameJson, formatFrameLine } from './frame-text.ts';
import { type FrameSelection, JournalFrames } from './journal-frames.ts';

export interface ShowOptions extends FrameSelection {
  readonly json: boolean;
  /** With `json`: the octets of each datagram, in hex. */
  readonly payload?: boolean | undefined;
  /** The most frames that are shown. */
  readonly limit?: number | undefined;
}

/**
 * Prints the frames to `out`; what is damaged, and a summary, to `err`. Resolves to the exit status: 0, also when something was
 * damaged or when the reader of `out` goes away; 1 when the journal cannot be read or `out` not be written.
 * @throws ConfigError when there is no journal, or `exporter` is no address.
 */
export const runJournalShow = async (options: ShowOptions, out: Writable, err: Writable): Promise<number> => {
  const { json, payload = false, limit = Number.POSITIVE_INFINITY } = options;
  const frames = new JournalFrames(options, (text) => err.write(`damaged: ${text}\n`));
  const { frame } = frames;
  const writer = new LineWriter(out);
  let shown = 0;
  let problem: string | undefined;
  try {
    while (shown < limit && frames.next()) {
      shown++;
      writer.write(json ? formatFrameJson(frame, payload) : formatFrameLine(frame));
      const written = writer.flush();
      if (written) await written;
      if (writer.isClosed) break;
    }
    await writer.end();
    if (writer.isClosed) return 0;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    problem = error === writer.error ? `cannot write: ${error.message}` : error.message;
  } finally {
    frames.close();
  }
  err.write(`${formatTotal(shown, 'frame')}${describeDamage(frames)}\n`);
  if (problem !== undefined) err.write(`${problem}\n`);
  return problem === undefined ? 0 : 1;
};
