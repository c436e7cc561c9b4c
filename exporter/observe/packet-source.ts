/** Where captured packets come from: a file, standard input, or tcpdump. */

import { readFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { ConfigError } from '../../shared/service/config-error.ts';
import { openCaptureFile } from './capture-file.ts';
import { streamSource } from './stream-source.ts';
import { openTcpdump } from './tcpdump.ts';

export interface PacketSourceOptions {
  /** A capture file, `-` for standard input; undefined with `interfaceName`. */
  readonly file: string | undefined;
  readonly interfaceName: string | undefined;
  /** For tcpdump, in its language; empty: all packets. */
  readonly captureFilter: string;
}

export interface SourceLog {
  info(message: string): void;
}

export interface PacketSource {
  /** For people. */
  readonly name: string;
  /** Packets come as they pass, and their times are those of the clock. */
  readonly isLive: boolean;
  /** 0 where nobody knows, or what is read is packed. */
  readonly totalOctets: number;
  /** The interface that is captured from; empty where the capture tells of its own. */
  readonly interfaces: readonly {
    readonly index: number;
    readonly name: string;
    readonly description: string;
  }[];
  /** The capture, unpacked. A piece is valid until the next but one is asked for. To be called once. */
  octets(): AsyncGenerator<Uint8Array>;
  /** Nothing more is observed; `octets` ends with what was already. */
  stop(): void;
}

/** What `process.stdin` is. */
export type StandardInput = Readable & { readonly isTTY?: boolean };

const openStandardInput = (input: StandardInput): PacketSource => {
  if (input.isTTY)
    throw new ConfigError(
      'standard input is a terminal: give a capture, like "tcpdump -w - | flowledger ..."',
    );
  return streamSource('standard input', input);
};

/** The kernel's number of an interface; 0 of `any`, and where it is not known. */
const interfaceIndex = async (name: string): Promise<number> => {
  try {
    return Number(await readFile(`/sys/class/net/${encodeURIComponent(name)}/ifindex`, 'utf8'));
  } catch {
    return 0;
  }
};

/** @throws ConfigError when there is nothing to read from, in words that name the way out. */
export const openPacketSource = async (
  { file, interfaceName, captureFilter }: PacketSourceOptions,
  log: SourceLog,
  input: StandardInput = process.stdin,
): Promise<PacketSource> => {
  if (interfaceName === undefined)
    return file === undefined || file === '-' ? openStandardInput(input) : openCaptureFile(file);
  const index = await interfaceIndex(interfaceName);
  const tcpdump = await openTcpdump({ interfaceName, captureFilter }, log);
  return {
    ...tcpdump,
    name:
      captureFilter === '' ? `interface ${interfaceName}` : `interface ${interfaceName}, ${captureFilter}`,
    isLive: true,
    totalOctets: 0,
    interfaces: index === 0 ? [] : [{ index, name: interfaceName, description: '' }],
  };
};
