import t from 'tap';
import { Delivery, type DeliveryOptions } from '../../../exporter/export/delivery.ts';
import type { DestinationUrl } from '../../../exporter/export/destination-url.ts';
import { parseDestination } from '../../../exporter/export/destination-url.ts';
import type { ExportSettings } from '../../../exporter/export/export-settings.ts';
import { TransportSession } from '../../../exporter/export/transport-session.ts';
import { makeFlowRecord } from '../../../exporter/meter/flow-record.ts';
import { Log } from '../../../shared/service/log.ts';
import { closedLoopbackUrl, openLoopbackCollector } from '../../support/loopback-collector.ts';
import { spokenSession } from '../../support/spoken-session.ts';
import { until } from '../../support/until.ts';

const t0 = 1_700_000_000_000;

const makeDelivery = (url: DestinationUrl, options: Partial<DeliveryOptions> = {}) => {
  const clock = { nowMs: t0 };
  const seen = { refusals: 0 };
  const delivery = new Delivery({
    url,
    mtuBytes: undefined,
    maxRate: 0,
    makeSession: spokenSession(),
    clockMs: () => clock.nowMs - t0,
    nowMs: () => clock.nowMs,
    log: new Log({ write: () => {}, nowMs: () => clock.nowMs }),
    onRefused: () => seen.refusals++,
    ...options,
  });
  const tickAt = (ms: number) => {
    clock.nowMs = t0 + ms;
    delivery.tick(clock.nowMs);
  };
  return { delivery, clock, seen, tickAt };
};

t.test('a session from beginning to end, in the time of its clock', async (t) => {
  const collector = await openLoopbackCollector();
  const { delivery, tickAt } = makeDelivery(collector.url, {
    makeSession: spokenSession({ saysTicks: true }),
  });
  await delivery.destination.open();
  t.same(delivery.isRunning, false);
  delivery.start();
  delivery.export(makeFlowRecord());
  tickAt(100);
  delivery.stop();
  delivery.stop();
  await until('the end', () => collector.got.length === 4);
  t.same(collector.texts(), ['start 0 1472', 'record 0 1472', 'tick 100 1472', 'stop 100 1472']);
  await delivery.destination.close();
  await collector.close();
});

t.test(
  'while a collector refuses, Templates are offered after 5 s each, and sequence numbers go on',
  async (t) => {
    const url = await closedLoopbackUrl();
    const { delivery, seen, tickAt } = makeDelivery(url);
    await delivery.destination.open();
    delivery.start();
    await until('the refusal of start', () => seen.refusals === 1);
    for (const ms of [1500, 4999]) tickAt(ms);
    t.equal(delivery.destination.counters.notSentMessages, 1);
    tickAt(5000);
    await until('the refusal of what is offered', () => seen.refusals === 2);
    tickAt(9999);

    const collector = await openLoopbackCollector('127.0.0.1', url.port);
    delivery.export(makeFlowRecord());
    await until('a record', () => collector.got.length === 1);
    for (const ms of [10_000, 10_100, 15_000, 20_000]) tickAt(ms);
    delivery.export(makeFlowRecord());
    await until('another record', () => collector.got.length === 3);
    t.same(collector.texts(), ['record 9999 1472', 'announce 10000 1472', 'record 20000 1472']);
    await delivery.destination.close();
    await collector.close();
  },
);

t.test('nothing is offered before refusals have ceased for 1.5 s', async (t) => {
  const url = await closedLoopbackUrl();
  const { delivery, clock, seen, tickAt } = makeDelivery(url);
  await delivery.destination.open();
  delivery.start();
  await until('a refusal', () => seen.refusals === 1);
  clock.nowMs = t0 + 4000;
  delivery.export(makeFlowRecord());
  await until('a later refusal', () => seen.refusals === 2);
  const collector = await openLoopbackCollector('127.0.0.1', url.port);
  tickAt(5499);
  tickAt(5500);
  await until('what is offered', () => collector.got.length > 0);
  t.same(collector.texts(), ['announce 5500 1472']);
  await delivery.destination.close();
  await collector.close();
});

t.test('started again on the same socket: no new session', async (t) => {
  const collector = await openLoopbackCollector();
  const { delivery } = makeDelivery(collector.url);
  await delivery.destination.open();
  delivery.start();
  delivery.stop();
  delivery.start();
  await until('all', () => collector.got.length === 3);
  t.same(collector.texts(), ['start 0 1472', 'stop 0 1472', 'announce 0 1472']);
  await delivery.destination.close();
  await collector.close();
});

t.test('another address: what waited goes to the former, and a session begins with the next', async (t) => {
  const former = await openLoopbackCollector('127.0.0.1');
  const next = await openLoopbackCollector('127.0.0.2', former.url.port);
  let address = '127.0.0.1';
  const { delivery, tickAt } = makeDelivery(parseDestination(`udp://collector.example:${former.url.port}`), {
    lookup: async () => [{ address, family: 4 }],
  });
  await delivery.destination.open();
  delivery.start();
  address = '127.0.0.2';
  tickAt(60_000);
  await until('the next session', () => next.got.length === 1);
  await until('the end of the former', () => former.got.length === 2);
  t.same(former.texts(), ['start 0 1472', 'stop 60000 1472']);
  t.same(next.texts(), ['start 60000 1472']);
  await delivery.destination.close();
  await former.close();
  await next.close();
});

t.test('a smaller path is known to the session at once', async (t) => {
  const collector = await openLoopbackCollector();
  const { delivery, tickAt } = makeDelivery(collector.url, {
    makeSession: spokenSession({ saysTicks: true }),
  });
  await delivery.destination.open();
  delivery.start();
  delivery.destination.send(Buffer.alloc(65_508), { flowRecords: 0, packets: 0, octets: 0 });
  await until('the failure', () => delivery.destination.counters.notSentMessages === 1);
  tickAt(100);
  await until('the tick', () => collector.got.length === 2);
  t.same(collector.texts(), ['start 0 1472', 'tick 100 1232']);
  await delivery.destination.close();
  await collector.close();
});

t.test(
  'a real session: the collector that is back gets Templates first, in the sequence of what it missed',
  async (t) => {
    const settings: ExportSettings = {
      protocol: 'ipfix',
      domain: 7,
      uniflow: false,
      absoluteTimes: false,
      pen: 32473,
      maxDelayMs: 500,
      templateRefreshMs: 600_000,
      templateRefreshMessages: 1000,
      bootMs: 0,
      description: { version: '1.2.3', activeTimeoutSeconds: 60, idleTimeoutSeconds: 15 },
      samplingInterval: 1,
      interfaces: [],
    };
    const metering = {
      observedFlows: 0,
      ignoredPackets: 0,
      ignoredOctets: 0,
      overruns: 0,
      resyncs: 0,
      firstLossMs: 0,
      lastLossMs: 0,
    };
    const url = await closedLoopbackUrl();
    const { delivery, seen, tickAt } = makeDelivery(url, {
      makeSession: (exporting, send) => new TransportSession(settings, metering, exporting, send),
    });
    await delivery.destination.open();
    delivery.start();
    await until('a refusal', () => seen.refusals > 0);
    const collector = await openLoopbackCollector('127.0.0.1', url.port);
    tickAt(5000);
    const first = await until('what is offered', () => collector.got[0]);
    t.equal(first.readUInt16BE(0), 10, 'IPFIX');
    t.ok(first.readUInt32BE(8) > 0, 'Data Records of options were sent before');
    t.equal(first.readUInt16BE(16), 3, 'an Options Template Set');
    await delivery.destination.close();
    await collector.close();
  },
);
