import { spawn } from 'node:child_process';
import dgram from 'node:dgram';
import { once } from 'node:events';
import t from 'tap';
import { openUdpListeners, type UdpListener } from '../../../collector/receive/udp-listener.ts';
import { ConfigError } from '../../../shared/service/config-error.ts';

interface Got {
  readonly text: string;
  readonly address: string;
  readonly port: number;
  readonly listener: UdpListener;
}

/** A receiver that can be waited for. */
const inbox = () => {
  const got: Got[] = [];
  let wake = () => {};
  return {
    receive: (payload: Uint8Array, address: string, port: number, listener: UdpListener) => {
      got.push({ text: Buffer.from(payload).toString(), address, port, listener });
      wake();
    },
    next: async (): Promise<Got> => {
      while (got.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      return got.shift() as Got;
    },
  };
};

const send = async (type: 'udp4' | 'udp6', text: string, port: number, host: string): Promise<number> => {
  const socket = dgram.createSocket(type);
  await new Promise<void>((resolve, reject) =>
    socket.send(text, port, host, (error) => (error ? reject(error) : resolve())),
  );
  const from = socket.address().port;
  socket.close();
  return from;
};

const problemsOf = async (opening: Promise<readonly UdpListener[]>): Promise<string[]> => {
  try {
    for (const listener of await opening) await listener.close();
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.message.split('\n');
  }
};

const receive = () => {};

t.test('all addresses, IPv4 and IPv6 on one socket', async (t) => {
  const { receive, next } = inbox();
  const [listener] = (await openUdpListeners(['udp://:0'], { receive })) as [UdpListener];
  const from = await send('udp4', 'four', listener.port, '127.0.0.1');
  t.match(await next(), { text: 'four', address: /^(::ffff:)?127\.0\.0\.1$/, port: from, listener });
  if (listener.address === '::') {
    await send('udp6', 'six', listener.port, '::1');
    t.match(await next(), { text: 'six', address: '::1' });
  }
  await send('udp4', '', listener.port, '127.0.0.1');
  t.equal((await next()).text, '', 'an empty datagram is one too');
  t.equal(listener.datagrams, listener.address === '::' ? 3 : 2);
  t.equal(listener.errors, 0);
  await listener.close();
});

t.test('IPv4 alone where IPv6 is switched off', async (t) => {
  const createSocket = (options: dgram.SocketOptions): dgram.Socket => {
    const socket = dgram.createSocket(options);
    if (options.type === 'udp4') return socket;
    const noIpv6 = Object.assign(new Error('bind EAFNOSUPPORT'), { code: 'EAFNOSUPPORT' });
    socket.bind = () => {
      socket.emit('error', noIpv6);
      return socket;
    };
    return socket;
  };
  const [listener] = (await openUdpListeners(['udp://:0'], { receive, createSocket })) as [UdpListener];
  t.equal(listener.address, '0.0.0.0');
  await listener.close();
  const problems = await problemsOf(openUdpListeners(['udp://[::1]:0'], { receive, createSocket }));
  t.match(
    problems,
    [/^--listen udp:\/\/\[::1\]:0: IPv6 is switched off/],
    'asked for by name it is a problem',
  );
});

t.test('the receive buffer that was granted, and what to do about it', async (t) => {
  const [small] = (await openUdpListeners(['udp://127.0.0.1:0'], { receive, receiveBufferBytes: 65536 })) as [
    UdpListener,
  ];
  t.equal(small.grantedBufferBytes, 65536);
  t.equal(small.bufferAdvice, undefined);
  const [large] = (await openUdpListeners(['udp://127.0.0.1:0'], {
    receive,
    receiveBufferBytes: 1 << 30,
  })) as [UdpListener];
  t.ok(large.grantedBufferBytes < 1 << 30);
  t.equal(large.bufferAdvice, 'sysctl -w net.core.rmem_max=1073741824');
  t.match(large.name, /^udp:\/\/127\.0\.0\.1:\d+$/);
  await Promise.all([small.close(), large.close()]);
});

t.test('a port that another process has is named with its owner', async (t) => {
  const child = spawn(process.execPath, [
    '-e',
    'const s = require("dgram").createSocket("udp4").bind(0, () => console.log(s.address().port))',
  ]);
  const [chunk] = await once(child.stdout, 'data');
  const port = Number(chunk);
  const problems = await problemsOf(openUdpListeners([`udp://0.0.0.0:${port}`], { receive }));
  child.kill();
  await once(child, 'exit');
  t.same(problems.length, 1);
  t.match(
    problems[0],
    new RegExp(`^--listen udp://0.0.0.0:${port}: port ${port} is taken by pid ${child.pid} \\(.+\\)$`),
  );
});

t.test('all problems of all sockets at once, and nothing stays open', async (t) => {
  const free = dgram.createSocket('udp4').bind(0, '127.0.0.1');
  await once(free, 'listening');
  const { port } = free.address();
  await new Promise<void>((resolve) => free.close(resolve));
  const twice = `udp://127.0.0.1:${port}`;
  const problems = await problemsOf(
    openUdpListeners([twice, 'udp://192.0.2.77:0', 'tcp://:1', twice], { receive }),
  );
  t.match(problems, [
    /^--listen tcp:\/\/:1: not of the form/,
    /^--listen udp:\/\/192\.0\.2\.77:0: 192\.0\.2\.77 is not an address of this machine/,
    new RegExp(`port ${port} is already listened on by this very command`),
  ]);
  t.same(await problemsOf(openUdpListeners([twice], { receive })), [], 'the port is free again');
});

t.test('both wildcards of a port', async (t) => {
  const [first] = (await openUdpListeners(['udp://0.0.0.0:0'], { receive })) as [UdpListener];
  const { port } = first;
  await first.close();
  const listeners = await openUdpListeners([`udp://0.0.0.0:${port}`, `udp://[::]:${port}`], { receive });
  t.same(
    listeners.map((listener) => listener.address),
    ['0.0.0.0', '::'],
  );
  await Promise.all(listeners.map((listener) => listener.close()));
});

t.test('draining reads what the kernel holds', async (t) => {
  const [listener] = (await openUdpListeners(['udp://127.0.0.1:0'], { receive })) as [UdpListener];
  const socket = dgram.createSocket('udp4');
  const sent = Array.from(
    { length: 200 },
    () => new Promise((resolve) => socket.send('x', listener.port, '127.0.0.1', resolve)),
  );
  await Promise.all(sent);
  const drained = listener.drain();
  // The process is held up for longer than nothing may come.
  for (const endMs = performance.now() + 200; performance.now() < endMs; );
  await drained;
  t.equal(listener.datagrams, 200);
  socket.close();
  await listener.close();
});
