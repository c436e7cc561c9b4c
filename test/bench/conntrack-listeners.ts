/** Programs that listen to conntrack: how each is started, and how it tells how many events it took. */

import { closeSync, openSync, readSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export type Phase = 'new' | 'destroy';

export interface ListenerStart {
  readonly command: string;
  readonly args: readonly string[];
}

export interface Listener {
  readonly name: string;
  /** `directory` is empty and goes after the run; a UDP port of 127.0.0.1 takes what is sent to `sinkPort`. */
  readonly prepare: (phase: Phase, directory: string, sinkPort: number) => ListenerStart;
  /** Asked when it has ended by SIGTERM, with all that it printed on both outputs. */
  readonly countEvents: (output: string, directory: string) => number;
}

export const bufferBytes = 64 << 20;

/** Bits of event_mask, as the kernel's groups have them. */
const eventMasks: Readonly<Record<Phase, number>> = { new: 1, destroy: 4 };

/** A buffer that is not smaller than the largest one is refused, and the kernel's default stays (ulogd 2.0.8). */
const ulogdConfiguration = (phase: Phase, directory: string): string => `[global]
logfile="${join(directory, 'log')}"
plugin="ulogd_inpflow_NFCT.so"
plugin="ulogd_filter_IP2STR.so"
plugin="ulogd_output_JSON.so"
stack=ct1:NFCT,ip2str1:IP2STR,json1:JSON
[ct1]
netlink_socket_buffer_size=${bufferBytes}
netlink_socket_buffer_maxsize=${2 * bufferBytes}
event_mask=${eventMasks[phase]}
hash_enable=0
[json1]
sync=0
file="${join(directory, 'events.json')}"
`;

const countLines = (path: string): number => {
  const fd = openSync(path, 'r');
  const block = Buffer.allocUnsafe(1 << 20);
  let lines = 0;
  for (let length = readSync(fd, block); length > 0; length = readSync(fd, block))
    for (let i = block.indexOf(10); i >= 0 && i < length; i = block.indexOf(10, i + 1)) lines++;
  closeSync(fd);
  return lines;
};

/** ulogd2 with a JSON file: a line an event. */
export const ulogdListener: Listener = {
  name: 'ulogd2 NFCT -> JSON',
  prepare: (phase, directory) => {
    const file = join(directory, 'ulogd.conf');
    writeFileSync(file, ulogdConfiguration(phase, directory));
    return { command: 'ulogd', args: ['-c', file] };
  },
  countEvents: (_, directory) => countLines(join(directory, 'events.json')),
};

/**
 * conntrack(8) with its text in a file: a line an event. As its users have it: 1.4.7 sets the buffer of another socket than that of the
 * events, which keeps net.core.rmem_default.
 */
export const conntrackListener: Listener = {
  name: 'conntrack -E',
  prepare: (phase, directory) => {
    const command = `exec conntrack -E -e ${phase.toUpperCase()} -o id -b ${bufferBytes} > ${join(directory, 'events')}`;
    return { command: 'sh', args: ['-c', command] };
  },
  countEvents: (_, directory) => countLines(join(directory, 'events')),
};

/**
 * Ours, as `npm run build` makes it: `cli` is the path of cli.js, `more` are options. Each event becomes a record that is sent to the
 * sink.
 */
export const exporterListener = (cli: string, ...more: readonly string[]): Listener => ({
  name: ['flowledger', ...more].join(' '),
  prepare: (phase, _, sinkPort) => {
    const sink = ['--to', `udp://127.0.0.1:${sinkPort}`];
    const options = ['--events', phase, '--active', '0', '--buffer', `${bufferBytes >> 20}MiB`, ...more];
    return { command: process.execPath, args: [cli, 'export', 'conntrack', ...options, ...sink] };
  },
  countEvents: (output) => Number(/kernel_events=(\d+)/.exec(output)?.[1]),
});
