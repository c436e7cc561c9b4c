import t from 'tap';
import type { SinkOptions } from '../../exporter/export-options.ts';
import { makeMeteringCounters, openSink } from '../../exporter/open-sink.ts';
import { ConfigError } from '../../shared/service/config-error.ts';
import { Log } from '../../shared/service/log.ts';
import { closedLoopbackUrl, openLoopbackCollector } from '../support/loopback-collector.ts';
import { packetFlow } from '../support/printed-records.ts';
import { until } from '../support/until.ts';

const options: SinkOptions = {
  to: [],
  failover: false,
  protocol: 'ipfix',
  domain: 7,
  mtuBytes: undefined,
  maxDelayMs: 1000,
  templateRefreshMs: 60_000,
  templateRefreshMessages: 500,
  maxRate: undefined,
  uniflow: false,
  absoluteTimes: false,
  pen: undefined,
  rules: [],
  aggregate: undefined,
  print: undefined,
  format: undefined,
  timeFormat: '%s',
  logFormat: 'text',
  logLevel: 'info',
  version: '1.2.3',
};

const open = (more: Partial<SinkOptions>) => {
  const lines: string[] = [];
  const sink = openSink(
    { ...options, ...more },
    {
      bootMs: Date.now(),
      samplingInterval: 1,
      interfaces: [],
      activeSeconds: 60,
      idleSeconds: 30,
      maxRate: 0,
      metering: makeMeteringCounters(),
      clockMs: Date.now,
      onGone: () => undefined,
      log: new Log({ write: (line) => lines.push(line), nowMs: Date.now }),
    },
  );
  return { sink, lines };
};

t.test('records go to every collector, and the sum says so', async (t) => {
  const collectors = [await openLoopbackCollector(), await openLoopbackCollector()];
  t.teardown(() => Promise.all(collectors.map((collector) => collector.close())));
  const { sink: opening, lines } = open({ to: collectors.map(({ url }) => url.name) });
  const sink = await opening;
  t.match(lines.join(''), /enterprise number 32473/);
  for (let i = 0; i < 100; i++) sink.path.receive(packetFlow({ srcPort: i }));
  t.equal(sink.ready(), undefined, 'no need to wait');
  await sink.stop();
  for (const { got } of collectors) await until('all of it is there', () => got.length > 5);
  for (const line of sink.summary())
    t.match(line, /^udp:\/\/127\.0\.0\.1:\d+: 100 records in \d+ datagrams, .*; none lost$/);
  t.equal(sink.lost, 0);
});

t.test('an enterprise number of their own is not talked about', async (t) => {
  const collector = await openLoopbackCollector();
  t.teardown(() => collector.close());
  const { sink, lines } = open({ to: [collector.url.name], pen: 4242 });
  await (await sink).stop();
  t.notMatch(lines.join(''), /32473/);
});

t.test('what is wrong', async (t) => {
  await t.rejects(open({}).sink, ConfigError, 'nowhere to send');
  await t.rejects(open({ to: ['udp://no-such-host.invalid'] }).sink, ConfigError);
  await t.rejects(
    open({ to: ['udp://127.0.0.1:9'], rules: [{ verdict: 'deny', text: 'what' }] }).sink,
    ConfigError,
  );
  await t.rejects(open({ to: ['udp://127.0.0.1:9'], aggregate: 'window=0' }).sink, ConfigError);
  await t.rejects(open({ print: 'text', format: '{what}' }).sink, /no "\{what\}"/);
  await t.rejects(open({ print: 'text', format: '{ts}', timeFormat: '%Q' }).sink, ConfigError);
});

t.test('records that nobody took are known, and that nobody takes them', async (t) => {
  const { sink: opening } = open({ to: [(await closedLoopbackUrl()).name] });
  const sink = await opening;
  await until('the refusal', () => sink.isRefused);
  sink.path.receive(packetFlow({}));
  await sink.stop();
  t.equal(sink.notSent, 1);
  t.equal(sink.lost, 1);
});
