/** The packets of the connections that traces name, cut out of recordings of a proxy's two sides. */

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CaptureError } from '../../shared/capture/capture-error.ts';
import { ConfigError } from '../../shared/service/config-error.ts';
import { formatTotal } from '../../shared/service/format-quantity.ts';
import { parseAddress } from '../../shared/wire/address.ts';
import type { LedgerView } from '../ask/ledger-view.ts';
import type { Question } from '../ask/report.ts';
import { type ConnectionMatch, matchConnections } from '../extract/connection-match.ts';
import { extractPackets } from '../extract/extract-packets.ts';
import type { SeenTrace, TracedConnection, TraceSide } from './trace-rows.ts';

export interface Recordings {
  readonly front: string | undefined;
  readonly back: string | undefined;
  readonly directory: string;
}

/** Undefined: no packets are asked for. Throws ConfigError. */
export const readRecordings = ({ options }: Question): Recordings | undefined => {
  const [front, back] = [options.pcapFront, options.pcapBack] as (string | undefined)[];
  const directory = options.out as string | undefined;
  if (front === undefined && back === undefined) {
    if (directory === undefined) return undefined;
    throw new ConfigError(
      '--out is where packets go: give their recordings with --pcap-front and --pcap-back',
    );
  }
  if (directory === undefined)
    throw new ConfigError(
      '--pcap-front and --pcap-back need --out DIR, where the packets of the connections go',
    );
  return { front, back, directory };
};

const octetsOf = (address: string): Uint8Array => parseAddress(address) ?? new Uint8Array(16);

const matchOf = ({ ends, seen }: TracedConnection): ConnectionMatch => ({
  proto: ends.proto,
  a: { address: octetsOf(ends.src), port: ends.srcPort },
  b: { address: octetsOf(ends.dst), port: ends.dstPort },
  ...seen.window,
});

const cutSide = async (
  side: TraceSide,
  recording: string,
  directory: string,
  traces: readonly SeenTrace[],
  ledger: LedgerView,
): Promise<readonly string[]> => {
  const matches = traces.flatMap(({ connections }) =>
    connections.filter((connection) => connection.side === side).map(matchOf),
  );
  const output = join(directory, `${side}.pcap`);
  const { packets, taken, firstMicros, lastMicros, warning } = await extractPackets(
    recording,
    output,
    matchConnections(matches),
  ).catch((error: unknown) => {
    throw error instanceof CaptureError
      ? new ConfigError(`--pcap-${side} ${recording}: ${error.message}`)
      : error;
  });
  const when =
    firstMicros === undefined || lastMicros === undefined
      ? ''
      : `, ${ledger.formatTime(firstMicros)} to ${ledger.formatTime(lastMicros)}`;
  return [
    `${output}: ${taken} of ${formatTotal(packets, 'packet')} of ${recording}${when}`,
    ...(taken === 0 ? [`${recording}: no packet of the ${side} connection in its time`] : []),
    ...(warning === undefined ? [] : [`${recording}: ${warning}`]),
  ];
};

/** Writes `front.pcap` and `back.pcap`, in the format of the recordings; returns sentences about them. Throws ConfigError. */
export const cutPackets = async (
  { front, back, directory }: Recordings,
  traces: readonly SeenTrace[],
  ledger: LedgerView,
): Promise<readonly string[]> => {
  if (traces.length === 0) return [];
  try {
    await mkdir(directory, { recursive: true });
  } catch (error) {
    throw new ConfigError(`--out ${directory}: cannot be made: ${(error as NodeJS.ErrnoException).code}`);
  }
  return [
    ...(front === undefined ? [] : await cutSide('front', front, directory, traces, ledger)),
    ...(back === undefined ? [] : await cutSide('back', back, directory, traces, ledger)),
  ];
};
