/**
 * Whose connections they were: short connections of known processes, attributed by `--process`, beside the method of conntrack-logger:
 * the inode of the connection from /proc/net/tcp or udp when the event comes, and then /proc/PID/fd of all processes. Linux, root.
 *
 *   node --import=tsx test/bench/process-bench.ts [--each 200]
 */

import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ConnectionWatch } from '../support/connection-watch.ts';
import { NetworkNamespace } from '../support/network-namespace.ts';
import { type ClientKind, clientKinds, ProcessLab, type Truth } from '../support/process-lab.ts';
import { builtCli, cleanEnvironment } from '../support/run-cli.ts';

interface Found {
  readonly protocol: number;
  readonly port: number;
  readonly pid: number;
  readonly quality: number;
}

/** `conntrack-logger` in few lines: a blocking read, and the lookup as soon as the event is there; as urgent as ours. */
const loggerScript = `
const fs = require('node:fs');
(async () => {
  const folder = process.argv[1];
  const { NetlinkSocket } = await import(folder + 'netlink-socket.js');
  const { readConnection } = await import(folder + 'read-connection.js');
  const { makeConnection } = await import(folder + 'connection.js');
  const socket = NetlinkSocket.open(1);
  socket.growReceiveBuffer(64 << 20);
  const { fd } = socket;
  const bytes = new Uint8Array(65536);
  const view = new DataView(bytes.buffer);
  const connection = makeConnection();
  const hexPort = (port) => port.toString(16).toUpperCase().padStart(4, '0');
  const hexAddress = (octets) => Buffer.from(octets.subarray(12)).reverse().toString('hex').toUpperCase();
  const findInode = () => {
    const { original, protocol } = connection;
    const local = hexAddress(original.src) + ':' + hexPort(original.srcPort);
    const remote = hexAddress(original.dst) + ':' + hexPort(original.dstPort);
    for (const line of fs.readFileSync('/proc/net/' + (protocol === 6 ? 'tcp' : 'udp'), 'latin1').split('\\n')) {
      const fields = line.trim().split(/\\s+/);
      if (fields[1] === local && fields[2] === remote) return fields[9];
    }
    return '0';
  };
  const findPid = (inode) => {
    for (const pid of fs.readdirSync('/proc')) {
      if (!/^\\d+$/.test(pid)) continue;
      try {
        for (const fdName of fs.readdirSync('/proc/' + pid + '/fd'))
          try {
            if (fs.readlinkSync('/proc/' + pid + '/fd/' + fdName) === 'socket:[' + inode + ']') return Number(pid);
          } catch {}
      } catch {}
    }
    return 0;
  };
  require('node:os').setPriority(-15);
  process.stdout.write('{}\\n');
  for (;;) {
    const length = fs.readSync(fd, bytes, 0, 65536, null);
    if (!readConnection(connection, view, bytes, 0, length)) continue;
    const inode = findInode();
    const pid = inode === '0' ? 0 : findPid(inode);
    fs.writeSync(1, JSON.stringify({ protocol: connection.protocol, port: connection.original.srcPort, pid, quality: pid ? 3 : 0 }) + '\\n');
  }
})();
`;

/** One way to attribute: `found` fills with sources of connections. */
interface Method {
  readonly name: string;
  readonly found: Found[];
  readonly stop: () => Promise<void>;
}

const startOurs = async (namespace: NetworkNamespace): Promise<Method> => {
  const processes = { command: true, maxCommandBytes: 256 };
  const watch = new ConnectionWatch(namespace, { events: ['new'], bufferBytes: 64 << 20, processes });
  await watch.waitFor('opened');
  return {
    name: '--process',
    get found() {
      return watch.find('connection').map(({ protocol, srcPort, srcProcess }) => {
        const { pid, quality } = srcProcess ?? { pid: 0, quality: 0 };
        return { protocol, port: srcPort, pid, quality };
      });
    },
    stop: async () => {
      watch.command('stop');
      await watch.ended();
    },
  };
};

const startLogger = async (namespace: NetworkNamespace): Promise<Method> => {
  const folder = builtCli.replace(/cli\.js$/, 'exporter/observe/');
  const child = namespace.spawn(process.execPath, ['-e', loggerScript, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: cleanEnvironment(),
  });
  const found: Found[] = [];
  const lines = createInterface(child.stdout as NodeJS.ReadableStream);
  await new Promise<void>((resolve) => lines.once('line', () => resolve()));
  lines.on('line', (line) => found.push(JSON.parse(line) as Found));
  return {
    name: '/proc/net',
    found,
    stop: async () => {
      child.kill('SIGKILL');
    },
  };
};

const count = (truth: readonly Truth[], found: readonly Found[]) => {
  const result = { right: 0, wrong: 0, group: 0, none: 0 };
  for (const { protocol, port, pids } of truth) {
    const own = found.filter((one) => one.protocol === protocol && one.port === port);
    const isRight = ({ pid }: Found): boolean => pids.includes(pid);
    if (own.some((one) => one.pid !== 0 && !isRight(one))) result.wrong++;
    else if (own.some(isRight)) result.right++;
    else if (own.some(({ quality }) => quality !== 0)) result.group++;
    else result.none++;
  }
  return result;
};

const bench = async (each: number): Promise<void> => {
  process.stdout.write(
    'method      clients                 connections  exact   wrong  service only   none\n',
  );
  for (const start of [startOurs, startLogger]) {
    const namespace = new NetworkNamespace(`flowledger-processes-${process.pid}`);
    try {
      const lab = new ProcessLab(namespace);
      await lab.started();
      const method = await start(namespace);
      for (const kind of Object.keys(clientKinds) as ClientKind[]) {
        const before = method.found.length;
        const truth = await lab.run(kind, each);
        await sleep(500);
        const { right, wrong, group, none } = count(truth, method.found.slice(before));
        const share = (part: number): string => `${((100 * part) / truth.length).toFixed(1)} %`;
        process.stdout.write(
          `${method.name.padEnd(12)}${kind.padEnd(24)}${String(truth.length).padStart(11)}${share(right).padStart(8)}${String(wrong).padStart(6)}${share(group).padStart(14)}${share(none).padStart(8)}\n`,
        );
      }
      await method.stop();
    } finally {
      await namespace.remove();
    }
  }
};

const { values } = parseArgs({ options: { each: { type: 'string' } } });
if (process.argv[1] === fileURLToPath(import.meta.url)) await bench(Number(values.each ?? 200));
