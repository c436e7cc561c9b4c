import t from 'tap';
import { parseDestination } from '../../../exporter/export/destination-url.ts';
import {
  ExportingProcess,
  type ExportingProcessOptions,
} from '../../../exporter/export/exporting-process.ts';
import { makeFlowRecord } from '../../../exporter/meter/flow-record.ts';
import { Log } from '../../../shared/service/log.ts';
import { formatAddress } from '../../../shared/wire/address.ts';
import { closedLoopbackUrl, openLoopbackCollector } from '../../support/loopback-collector.ts';
import { spokenSession } from '../../support/spoken-session.ts';
import { until } from '../../support/until.ts';

const t0 = 1_700_000_000_000;

const makeProcess = (
  options: Pick<ExportingProcessOptions, 'destinations' | 'mode'> & Partial<ExportingProcessOptions>,
) => {
  const lines: string[] = [];
  const clock = { nowMs: t0 };
  const exporting = new ExportingProcess({
    maxRate: 0,
    makeSession: spokenSession(),
    log: new Log({ write: (line) => lines.push(line), nowMs: () => clock.nowMs }),
    clockMs: () => clock.nowMs - t0,
    nowMs: () => clock.nowMs,
    ...options,
  });
  const says = (text: string) => lines.filter((line) => line.includes(text)).length;
  const tickAt = (ms: number) => {
    clock.nowMs = t0 + ms;
    exporting.tick();
  };
  return { exporting, lines, says, clock, tickAt };
};

for (const mode of ['mirror', 'failover'] as const) {
  t.test(`${mode}: one collector refuses, the other does not`, async (t) => {
    const up = await openLoopbackCollector();
    const { exporting, says } = makeProcess({
      destinations: [await closedLoopbackUrl(), up.url],
      mode,
      maxRate: 20_000,
    });
    await exporting.start();
    await until('the refusal', () => says('refuses (ICMP port unreachable)') > 0);
    exporting.export(makeFlowRecord());
    await exporting.stop();
    await until('the last Message', () => up.texts().includes('stop 0 1472'));
    t.same(up.texts(), ['start 0 1472', 'record 0 1472', 'stop 0 1472']);
    const [down, other] = exporting.counters();
    t.match(other, { messages: 3, flowRecords: 1, octets: 36, notSentMessages: 0 });
    // Without a record in failover, as it was left before one came.
    t.equal((down?.messages ?? 0) + (down?.notSentMessages ?? 0), mode === 'mirror' ? 3 : 2);
    t.ok((down?.notSentMessages ?? 0) >= 1, 'what was refused is counted');
    t.equal(says('refuses'), 1, 'and said once');
    t.notOk(exporting.isRefused, 'one takes records');
    await up.close();
  });
}

t.test(
  'failover: the first is tried again every 30 s, and taken when it does not refuse for a second',
  async (t) => {
    const [firstUrl, second] = [await closedLoopbackUrl(), await openLoopbackCollector()];
    const { exporting, says, tickAt } = makeProcess({
      destinations: [firstUrl, second.url],
      mode: 'failover',
    });
    await exporting.start();
    await until('the second to begin', () => second.got.length === 1);
    const lostBefore = () => exporting.counters()[0]?.notSentMessages ?? 0;
    await until('the end of the first', () => lostBefore() === 2);
    tickAt(29_999);
    exporting.export(makeFlowRecord());
    await until('a record', () => second.got.length === 2);
    t.equal(lostBefore(), 2, 'no probe yet');
    tickAt(30_000);
    await until('the refusal of the probe', () => lostBefore() === 3);
    tickAt(31_000);
    await until('the refusal of the end of the probe', () => lostBefore() === 4);

    const first = await openLoopbackCollector('127.0.0.1', firstUrl.port);
    tickAt(60_000);
    await until('another probe', () => first.got.length === 1);
    tickAt(60_999);
    exporting.export(makeFlowRecord());
    await until('a record', () => second.got.length === 3);
    tickAt(61_000);
    exporting.export(makeFlowRecord());
    await until('a record at the first', () => first.got.length === 2);
    await exporting.stop();
    await until('the end', () => first.got.length === 3 && second.got.length === 4);
    t.same(first.texts(), ['announce 60000 1472', 'record 61000 1472', 'stop 61000 1472']);
    t.same(second.texts(), ['start 0 1472', 'record 29999 1472', 'record 60999 1472', 'stop 61000 1472']);
    t.equal(says(`records go to collector ${second.url.name} now, not to ${firstUrl.name}`), 1);
    t.equal(says(`records go to collector ${firstUrl.name} now, not to ${second.url.name}`), 1);
    await first.close();
    await second.close();
  },
);

t.test('a collector that is found later begins then', async (t) => {
  const [one, other] = [await openLoopbackCollector(), await openLoopbackCollector()];
  let isKnown = false;
  const { exporting, says, tickAt } = makeProcess({
    destinations: [one.url, parseDestination(`udp://other.example:${other.url.port}`)],
    mode: 'mirror',
    lookup: async (host) => {
      if (host === 'other.example' && !isKnown) throw new Error('getaddrinfo ENOTFOUND other.example');
      return [{ address: '127.0.0.1', family: 4 }];
    },
  });
  await exporting.start();
  t.equal(says('ENOTFOUND other.example; it is tried again'), 1);
  const endpoints = exporting.endpoints();
  t.same(
    endpoints.map(({ address, port }) => [formatAddress(address, 0), port]),
    [['127.0.0.1', one.url.port]],
  );
  t.equal(exporting.endpoints(), endpoints, 'the same array');
  isKnown = true;
  tickAt(5000);
  await until('its session', () => other.got.length === 1);
  t.same(other.texts(), ['start 5000 1472']);
  t.same(
    exporting.endpoints().map(({ port }) => port),
    [one.url.port, other.url.port],
  );
  await exporting.stop();
  t.match(exporting.counters()[1], { messages: 2, notSentMessages: 2 }, 'its first session found nobody');
  await one.close();
  await other.close();
});

t.test('no collector at all', async (t) => {
  const { exporting } = makeProcess({
    destinations: [parseDestination('udp://a.example'), parseDestination('udp://b.example')],
    mode: 'mirror',
    lookup: async (host) => {
      throw new Error(`getaddrinfo ENOTFOUND ${host}`);
    },
  });
  await t.rejects(exporting.start(), {
    name: 'ConfigError',
    message: /^--to udp:\/\/a.example:4739: .* a.example\n--to udp:\/\/b.example:4739: .* b.example$/,
  });
});

t.test('sources that can wait are told to, until there is room again', async (t) => {
  const collector = await openLoopbackCollector();
  const { exporting } = makeProcess({
    destinations: [collector.url],
    mode: 'mirror',
    maxRate: 10_000,
    nowMs: () => performance.now(),
  });
  await exporting.start();
  t.equal(exporting.ready(), undefined);
  for (let i = 0; i < 1000; i++) exporting.export(makeFlowRecord());
  const ready = exporting.ready();
  t.ok(ready);
  t.equal(exporting.ready(), ready, 'one promise for all who ask');
  await ready;
  t.equal(exporting.ready(), undefined);
  await exporting.stop();
  // What the socket of a busy machine drops is not ours to count: all have left.
  t.match(exporting.counters(), [{ messages: 1002, flowRecords: 1000, notSentMessages: 0 }]);
  await collector.close();
});

t.test('without a pace, too', async (t) => {
  const collector = await openLoopbackCollector();
  const { exporting } = makeProcess({ destinations: [collector.url], mode: 'failover' });
  await exporting.start();
  for (let i = 0; i < 2000; i++) exporting.export(makeFlowRecord());
  t.ok(exporting.ready());
  await exporting.ready();
  t.equal(exporting.ready(), undefined);
  await exporting.stop();
  t.match(exporting.counters(), [{ messages: 2002, notSentMessages: 0 }]);
  await collector.close();
});

t.test('a low rate delays the end for 10 s only; what still waits is counted', async (t) => {
  const collector = await openLoopbackCollector();
  let nowMs = t0;
  const { exporting } = makeProcess({
    destinations: [collector.url],
    mode: 'mirror',
    maxRate: 1,
    // Each look at the clock takes 100 ms.
    nowMs: () => {
      nowMs += 100;
      return nowMs;
    },
  });
  await exporting.start();
  for (let i = 0; i < 100; i++) exporting.export(makeFlowRecord());
  const stoppedMs = nowMs;
  await exporting.stop();
  t.ok(nowMs - stoppedMs >= 10_000 && nowMs - stoppedMs < 22_000, `${nowMs - stoppedMs} ms`);
  const { messages = 0, notSentMessages = 0 } = exporting.counters()[0] ?? {};
  t.equal(messages + notSentMessages, 102);
  t.ok(messages >= 10 && notSentMessages >= 50, `${messages} sent`);
  await collector.close();
});

t.test('nobody takes records, until somebody has for ten seconds', async (t) => {
  const url = await closedLoopbackUrl();
  const { exporting, clock, says, tickAt } = makeProcess({ destinations: [url], mode: 'mirror' });
  await exporting.start();
  await until('the refusal', () => exporting.isRefused);
  const collector = await openLoopbackCollector('127.0.0.1', url.port);
  const sinceMs = clock.nowMs - t0;
  tickAt(sinceMs + 6000);
  await until('Templates as a probe', () => collector.got.length === 1);
  t.ok(exporting.isRefused);
  tickAt(sinceMs + 10_000);
  t.notOk(exporting.isRefused);
  t.equal(says('takes Messages again'), 1);
  await exporting.stop();
  await collector.close();
});
