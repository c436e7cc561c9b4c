import t from 'tap';
import { maxInFlightMessages } from '../../../exporter/export/connected-socket.ts';
import { parseDestination } from '../../../exporter/export/destination-url.ts';
import { UdpDestination, type UdpDestinationOptions } from '../../../exporter/export/udp-destination.ts';
import { Log } from '../../../shared/service/log.ts';
import { formatAddress } from '../../../shared/wire/address.ts';
import { closedLoopbackUrl, openLoopbackCollector } from '../../support/loopback-collector.ts';
import { until } from '../../support/until.ts';

const contents = { flowRecords: 2, packets: 30, octets: 400 };
const t0 = 1_700_000_000_000;

const makeDestination = (options: Pick<UdpDestinationOptions, 'url' | 'lookup'> & { mtuBytes?: number }) => {
  const lines: string[] = [];
  const clock = { nowMs: t0 };
  const seen = { changes: 0, refusals: 0 };
  const destination = new UdpDestination({
    mtuBytes: undefined,
    ...options,
    nowMs: () => clock.nowMs,
    log: new Log({ write: (line) => lines.push(line), nowMs: () => clock.nowMs }),
    onChange: (moveOver) => {
      seen.changes++;
      moveOver();
    },
    onRefused: () => seen.refusals++,
  });
  const send = (text: string) => destination.send(Buffer.from(text), contents);
  const tickAt = (ms: number) => {
    clock.nowMs = t0 + ms;
    destination.tick(clock.nowMs);
  };
  return { destination, lines, clock, seen, send, tickAt };
};

for (const [address, payloadBytes] of [
  ['127.0.0.1', 1472],
  ['::1', 1452],
] as const) {
  t.test(`${address}: Messages arrive and are counted, the last of them a second later`, async (t) => {
    const collector = await openLoopbackCollector(address);
    const { destination, send, tickAt, seen } = makeDestination({ url: collector.url });
    await destination.open();
    t.equal(seen.changes, 1);
    t.equal(destination.payloadBytes, payloadBytes);
    send('one');
    send('three');
    await until('both Messages', () => collector.got.length === 2);
    t.same(collector.texts(), ['one', 'three']);
    const { endpoint, counters } = destination;
    t.same(endpoint && [formatAddress(endpoint.address, 0), endpoint.port, endpoint.localPort], [
      address,
      collector.url.port,
      collector.fromPorts[0],
    ]);
    tickAt(999);
    t.match(counters, { messages: 1, flowRecords: 2, octets: 3 });
    tickAt(1000);
    t.match(counters, { messages: 2, flowRecords: 4, octets: 8, notSentMessages: 0, firstLossMs: 0 });
    await destination.close();
    await collector.close();
  });
}

t.test('the MTU that the operator gives', async (t) => {
  const { destination } = makeDestination({ url: await closedLoopbackUrl(), mtuBytes: 1280 });
  await destination.open();
  t.equal(destination.payloadBytes, 1252);
  await destination.close();
});

t.test('a collector that refuses, and takes again: each said once, each Message counted once', async (t) => {
  const url = await closedLoopbackUrl();
  const { destination, lines, send, tickAt, seen } = makeDestination({ url });
  const { counters } = destination;
  await destination.open();
  for (let made = 1; made <= 3; made++) {
    send('x');
    await until('a refusal', () => seen.refusals === made);
    t.match(counters, {
      messages: 0,
      notSentMessages: made,
      notSentFlows: 2 * made,
      notSentPackets: 30 * made,
    });
  }
  t.match(counters, { notSentOctets: 1200, firstLossMs: t0, lastLossMs: t0 });
  t.equal(destination.refusedMs, t0);
  t.equal(lines.length, 1);
  t.match(lines[0], /collector udp:\/\/127.0.0.1:\d+ refuses \(ICMP port unreachable\): is it running\?/);

  const collector = await openLoopbackCollector('127.0.0.1', url.port);
  tickAt(60_000);
  t.equal(lines.length, 1, 'as long as nothing is sent, nothing is known');
  send('again');
  await until('the Message', () => collector.got.length === 1);
  tickAt(60_100);
  t.match(lines[1], /takes Messages again/);
  tickAt(70_000);
  t.equal(lines.length, 2);
  t.match(counters, { messages: 1, notSentMessages: 3 });
  await destination.close();
  await collector.close();
});

t.test('many at once that are refused: each is counted once', async (t) => {
  const { destination, send, seen } = makeDestination({ url: await closedLoopbackUrl() });
  const { counters } = destination;
  await destination.open();
  for (let i = 0; i < 100; i++) send('x');
  await until('a refusal', () => seen.refusals > 0);
  await destination.close();
  t.equal(counters.messages + counters.notSentMessages, 100);
  t.equal(counters.flowRecords + counters.notSentFlows, 200);
  t.equal(counters.octets, counters.messages);
});

t.test('a refusal that comes later than a second is not counted again', async (t) => {
  const { destination, send, seen, tickAt } = makeDestination({ url: await closedLoopbackUrl() });
  await destination.open();
  send('x');
  // Node has told that it was sent, and has not yet looked for errors.
  await new Promise<void>((resolve) => process.nextTick(resolve));
  tickAt(1000);
  t.match(destination.counters, { messages: 1, notSentMessages: 0 });
  await until('a refusal', () => seen.refusals === 1);
  t.match(destination.counters, { messages: 1, notSentMessages: 0 });
  await destination.close();
});

t.test('recovery is not said earlier than 10 s after the last refusal', async (t) => {
  const url = await closedLoopbackUrl();
  const { destination, lines, send, tickAt, seen } = makeDestination({ url });
  await destination.open();
  send('x');
  await until('a refusal', () => seen.refusals === 1);
  const collector = await openLoopbackCollector('127.0.0.1', url.port);
  send('again');
  await until('the Message', () => collector.got.length === 1);
  tickAt(9999);
  t.equal(lines.length, 1);
  tickAt(10_000);
  t.equal(lines.length, 2);
  await destination.close();
  await collector.close();
});

t.test('a name that leads elsewhere after a minute', async (t) => {
  const former = await openLoopbackCollector('127.0.0.1');
  const next = await openLoopbackCollector('127.0.0.2', former.url.port);
  let [lookups, answer] = [0, ['127.0.0.1']];
  const { destination, lines, send, tickAt, seen } = makeDestination({
    url: parseDestination(`udp://collector.example:${former.url.port}`),
    lookup: async () => {
      lookups++;
      return answer.map((address) => ({ address, family: 4 }));
    },
  });
  await destination.open();
  send('one');
  answer = ['127.0.0.9', '127.0.0.1'];
  tickAt(59_999);
  t.equal(lookups, 1);
  tickAt(60_000);
  await until('the second lookup', () => lookups === 2);
  send('two');
  await until('Messages at the first address', () => former.got.length === 2);
  t.equal(seen.changes, 1, 'the address that is used is still one of the name');
  const { endpoint } = destination;

  answer = ['127.0.0.2'];
  tickAt(120_000);
  await until('the change', () => seen.changes === 2);
  send('three');
  await until('the Message at the next address', () => next.got.length === 1);
  t.same([former.texts(), next.texts()], [['one', 'two'], ['three']]);
  t.not(destination.endpoint, endpoint);
  t.equal(destination.endpoint && formatAddress(destination.endpoint.address, 0), '127.0.0.2');
  t.match(lines, [/collector udp:\/\/collector.example:\d+ is now 127.0.0.2:\d+/]);
  t.equal(lines.length, 1);
  await destination.close();
  t.match(destination.counters, { messages: 3, notSentMessages: 0 });
  await former.close();
  await next.close();
});

t.test('a name is looked up sooner when its collector refuses', async (t) => {
  const { port } = await closedLoopbackUrl();
  const next = await openLoopbackCollector('127.0.0.2', port);
  let address = '127.0.0.1';
  const { destination, send, tickAt, seen } = makeDestination({
    url: parseDestination(`udp://collector.example:${port}`),
    lookup: async () => [{ address, family: 4 }],
  });
  await destination.open();
  send('x');
  await until('a refusal', () => seen.refusals === 1);
  address = '127.0.0.2';
  tickAt(4999);
  tickAt(5000);
  await until('the change', () => seen.changes === 2);
  t.equal(destination.refusedMs, Number.NEGATIVE_INFINITY, 'this one has not refused');
  await destination.close();
  await next.close();
});

t.test('a name that is not found at first', async (t) => {
  let [lookups, isKnown] = [0, false];
  const collector = await openLoopbackCollector();
  const { destination, lines, send, tickAt } = makeDestination({
    url: parseDestination(`udp://collector.example:${collector.url.port}`),
    lookup: async () => {
      lookups++;
      if (!isKnown) throw new Error('getaddrinfo ENOTFOUND collector.example');
      return [{ address: '127.0.0.1', family: 4 }];
    },
  });
  await t.rejects(destination.open(), /ENOTFOUND/);
  send('lost');
  t.match(destination.counters, { messages: 0, notSentMessages: 1, notSentFlows: 2, firstLossMs: t0 });
  tickAt(4999);
  t.equal(lookups, 1);
  tickAt(5000);
  await until('what is said of it', () => lines.length === 1);
  t.match(lines[0], /collector udp:\/\/collector.example:\d+: getaddrinfo ENOTFOUND/);
  t.equal(destination.isOpen, false);
  isKnown = true;
  tickAt(10_000);
  await until('the socket', () => destination.isOpen);
  send('found');
  await until('the Message', () => collector.got.length === 1);
  await destination.close();
  await collector.close();
});

t.test('more than the system takes at once', async (t) => {
  const collector = await openLoopbackCollector();
  const { destination, lines, send } = makeDestination({ url: collector.url });
  await destination.open();
  for (let i = 0; i < maxInFlightMessages + 3; i++) send('x');
  t.match(destination.counters, { notSentMessages: 3, notSentFlows: 6 });
  t.match(lines, [/the system sends too slowly/]);
  await destination.close();
  t.match(destination.counters, { messages: maxInFlightMessages, notSentMessages: 3 });
  await collector.close();
});

t.test('Messages that are too large', async (t) => {
  const { destination, lines, clock } = makeDestination({ url: await closedLoopbackUrl(), mtuBytes: 65_535 });
  await destination.open();
  const sizes = [destination.payloadBytes];
  for (const ms of [0, 9999, 10_000]) {
    clock.nowMs = t0 + ms;
    const { notSentMessages } = destination.counters;
    // One octet more than UDP over IPv4 can carry.
    destination.send(Buffer.alloc(65_508), contents);
    await until('the failure', () => destination.counters.notSentMessages > notSentMessages);
    sizes.push(destination.payloadBytes);
  }
  t.same(sizes, [65_507, 1472, 1472, 1232], 'a step, and not the next one for what was under way');
  t.match(lines, [
    /Messages of 65507 octets are too large for the path; from now on 1472/,
    /Messages of 1472 octets are too large for the path; from now on 1232/,
  ]);
  t.equal(destination.refusedMs, Number.NEGATIVE_INFINITY, 'that is no refusal');
  await destination.close();
});

t.test('after the end Messages are counted, and lead to nothing', async (t) => {
  const collector = await openLoopbackCollector();
  const { destination, send, lines } = makeDestination({ url: collector.url });
  await destination.open();
  await destination.close();
  send('x');
  t.match(destination.counters, { messages: 0, notSentMessages: 1 });
  t.same(lines, []);
  await collector.close();
});
