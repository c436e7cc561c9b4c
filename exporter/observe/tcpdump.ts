/** Packets as they pass an interface, captured by tcpdump: it has the rights and the kernel's filter, and we need no native code. */

import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { CaptureError } from '../../shared/capture/capture-error.ts';
import { captureOctets } from '../../shared/capture/capture-octets.ts';
import { ConfigError } from '../../shared/service/config-error.ts';
import type { PacketSource, SourceLog } from './packet-source.ts';

export interface TcpdumpOptions {
  readonly interfaceName: string;
  readonly captureFilter: string;
  /** The program, and words before its own; tests put another in its place. */
  readonly command?: readonly [string, ...string[]];
}

/** Enough for all headers that we read; what is behind them need not be copied. */
const snapBytes = 256;
/** Lines of tcpdump that are kept to explain its end. */
const keptLines = 5;

/** What tcpdump says, and what to do about it. */
const explanations: readonly (readonly [RegExp, string])[] = [
  [
    /permission|not permitted/i,
    'capturing needs root, or: setcap cap_net_raw,cap_net_admin=eip "$(command -v tcpdump)"',
  ],
  [/no such device/i, '"ip link" lists the interfaces there are'],
  [/syntax error|can't parse filter|parse error/i, 'the filter is not understood: see pcap-filter(7)'],
  [/not up|network is down/i, 'the interface is down: "ip link set NAME up"'],
];

const explain = (interfaceName: string, lines: readonly string[]): string => {
  const text = lines.join('; ');
  const advice = explanations.find(([pattern]) => pattern.test(text))?.[1];
  const said = text === '' ? `tcpdump could not capture from ${interfaceName}` : text;
  return advice === undefined ? said : `${said}\n${advice}`;
};

/** What it says at its end in any case: `3 packets captured`, `0 packets dropped by kernel`. */
const isStatistic = (line: string): boolean => /^\d+ packets? /.test(line);

interface Ending {
  readonly status: number | null;
  readonly error?: NodeJS.ErrnoException;
}

const ended = (child: ChildProcess): Promise<Ending> =>
  new Promise((resolve) => {
    child.once('error', (error) => resolve({ status: null, error }));
    child.once('close', (status) => resolve({ status }));
  });

/**
 * Starts tcpdump and waits until it captures.
 * @throws ConfigError when it is not installed, or refuses.
 */
export const openTcpdump = async (
  { interfaceName, captureFilter, command = ['tcpdump'] }: TcpdumpOptions,
  log: SourceLog,
): Promise<Pick<PacketSource, 'octets' | 'stop'>> => {
  // Without the immediate mode, what the kernel has gathered for up to a second is lost when it is stopped.
  const words = [
    '-i',
    interfaceName,
    '-n',
    '-U',
    '--immediate-mode',
    '-s',
    String(snapBytes),
    '-w',
    '-',
    '--',
  ];
  if (captureFilter !== '') words.push(captureFilter);
  const [program, ...before] = command;
  const child = spawn(program, [...before, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  const ending = ended(child);
  const lines: string[] = [];
  let listening = false;
  const begun = new Promise<void>((resolve) => {
    createInterface({ input: child.stderr as Readable }).on('line', (line) => {
      if (line === '') return;
      if (line.includes('listening on')) {
        listening = true;
        resolve();
      }
      if (listening) log.info(line.startsWith('tcpdump') ? line : `tcpdump: ${line}`);
      if (isStatistic(line)) return;
      lines.push(line);
      if (lines.length > keptLines) lines.shift();
    });
    ending.then(() => resolve());
  });
  await begun;
  if (!listening) {
    const { error } = await ending;
    if (error?.code === 'ENOENT')
      throw new ConfigError(
        'tcpdump is not installed; install it ("apt install tcpdump"), or give a capture file',
      );
    throw new ConfigError(error === undefined ? explain(interfaceName, lines) : `tcpdump: ${error.message}`);
  }
  let stopped = false;
  async function* octets(): AsyncGenerator<Uint8Array> {
    let length = 0;
    for await (const piece of captureOctets(child.stdout as Readable)) {
      yield piece;
      length += piece.length;
    }
    const { status } = await ending;
    if (!stopped && status !== 0)
      throw new CaptureError(`tcpdump ended: ${lines.at(-1) ?? `status ${status}`}`, length);
  }
  return {
    octets,
    stop() {
      stopped = true;
      child.kill('SIGTERM');
    },
  };
};
