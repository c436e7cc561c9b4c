/** `flowledger extract FILE`: the packets of a capture that are meant, as another capture. */

import { CaptureError } from '../../shared/capture/capture-error.ts';
import { ConfigError } from '../../shared/service/config-error.ts';
import { formatCount } from '../../shared/service/format-quantity.ts';
import { ProgressLine } from '../../shared/service/progress-line.ts';
import { isTimeZone } from '../../shared/service/time-zone.ts';
import { extractPackets } from './extract-packets.ts';
import { formatExtractSummary } from './extract-summary.ts';
import { compileSelection, type SaidSelection } from './select-packets.ts';

export interface ExtractOptions extends SaidSelection {
  /** Path of a pcap or pcapng, gzipped or not; `-` is standard input. */
  readonly file: string;
  /** Path, or `-`: standard output. */
  readonly out: string;
  readonly count: number | undefined;
  /** A name of a zone, or `local`. */
  readonly zone: string;
  readonly json: boolean;
}

export interface ExtractSurroundings {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly isTerminal: boolean;
  readonly err: NodeJS.WriteStream;
}

const readZone = (said: string): string => {
  const zone = said === 'local' ? new Intl.DateTimeFormat().resolvedOptions().timeZone : said;
  // To ask Intl of it takes longer than to read a small capture.
  if (zone === 'UTC' || isTimeZone(zone)) return zone;
  throw new ConfigError(
    `--zone ${said}: no such time zone; it is UTC, local, or a name such as Europe/Zurich`,
  );
};

/**
 * Resolves to the exit status: 0, also when no packet was taken; 1 when the input is no capture, or ends inside a packet (what came
 * before is written). Throws ConfigError.
 */
export const runExtract = async (
  options: ExtractOptions,
  { now, isTerminal, err }: ExtractSurroundings,
): Promise<number> => {
  const { file, out, count, json } = options;
  const zone = readZone(options.zone);
  const name = file === '-' ? 'standard input' : file;
  const startedAtMs = now();
  const test = compileSelection(options, { nowMicros: startedAtMs * 1000, zone });
  if (out === '-' && isTerminal)
    throw new ConfigError('--out -: standard output is a terminal; name a file, or read it with a program');
  const line = new ProgressLine(err, startedAtMs);
  try {
    const result = await extractPackets(file, out, test, {
      count,
      onProgress: ({ readBytes, totalBytes, packets, taken }) => {
        const counts = `${formatCount(packets)} packets  ${formatCount(taken)} taken`;
        line.show({ octets: readBytes, totalOctets: totalBytes, counts }, now());
      },
    });
    line.clear();
    err.write(formatExtractSummary(result, Math.max(0.001, (now() - startedAtMs) / 1000), { json, zone }));
    if (result.warning === undefined) return 0;
    if (!json) err.write(`${name}: ${result.warning}\n`);
    return 1;
  } catch (error) {
    line.clear();
    if (!(error instanceof CaptureError)) throw error;
    err.write(`${name}: ${error.message}\n`);
    return 1;
  }
};
