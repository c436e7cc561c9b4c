import { readFileSync } from 'node:fs';
import t from 'tap';
import type { FlowRecord } from '../../../exporter/meter/flow-record.ts';
import { noId, type ProcessFacts } from '../../../exporter/observe/process-facts.ts';
import { compileTemplate } from '../../../exporter/print/format-template.ts';
import { ConfigError } from '../../../shared/service/config-error.ts';
import { aggregate, endedConnection, makeRecord, newConnection } from '../../support/printed-records.ts';
import { curl, makeTrace, onlyUid, traceRecord } from '../../support/processes.ts';

const lineOf = (template: string, record: FlowRecord, timeFormat = '%s'): string =>
  compileTemplate({ template, timeFormat })(record).slice(0, -1);

const session = '/user/1000.user/1.session/systemd-1196';
const logged = (
  seconds: number,
  ends: Parameters<typeof makeRecord>[0],
  process: Pick<ProcessFacts, 'pid' | 'cgroup' | 'command'>,
): FlowRecord =>
  makeRecord({
    ...{ form: 'event', source: 'conntrack', event: 'new', protocol: 6, hasCounters: false },
    ...ends,
    endMicros: seconds * 1e6 + 999_999,
    srcProcess: { ...curl, ...process },
  });

t.test('the lines of conntrack-logger, to the letter', async (t) => {
  const lines = readFileSync(
    new URL('../../../fixtures/seeds/conntrack-logger.txt', import.meta.url),
    'utf8',
  );
  const ipv6: Parameters<typeof makeRecord>[0] = {
    ...{ family: 6, srcAddress: '2001:470:1f0b:11de::12', dstAddress: '2607:f8b0:4006:802::1010' },
    ...{ srcPort: 55446, dstPort: 80 },
  };
  const records = [
    logged(1373127181, ipv6, {
      ...{ pid: 2354, cgroup: `${session}/enlightenment.service` },
      command: 'curl -s -o /dev/null ipv6.google.com',
    }),
    logged(
      1373127199,
      { srcAddress: '192.168.0.12', srcPort: 34870, dstAddress: '195.24.232.208', dstPort: 80 },
      {
        ...{ pid: 28865, cgroup: `${session}/dbus.service` },
        command: 'python /usr/libexec/dbus-lastfm-scrobbler',
      },
    ),
    logged(
      1373127220,
      { srcAddress: '127.0.0.1', srcPort: 59047, dstAddress: '127.0.0.1', dstPort: 1234 },
      { pid: 2387, cgroup: `${session}/enlightenment.service`, command: 'ncat -v cane 1234' },
    ),
  ];
  const templates = [
    ...['default', ''],
    '{ts}: {proto} {src}/{sport} > {dst}/{dport} :: {pid} {uid}:{gid} {service} :: {cmdline}',
    '{ts}: {ev.proto} {ev.src}/{ev.sport} > {ev.dst}/{ev.dport} :: {info.pid} {info.uid}:{info.gid} {info.service} :: {info.cmdline}',
  ];
  for (const template of templates)
    t.equal(records.map(compileTemplate({ template, timeFormat: '%s' })).join(''), lines, template);
});

t.test('what is not known', async (t) => {
  const unknown = newConnection({ isTranslated: false, srcPort: 0, dstPort: 0, state: 0, endMicros: 5e6 });
  t.equal(lineOf('default', unknown), '5: ipv4/tcp 192.168.1.129/- > 68.232.35.139/- :: - -:- - :: -');
  t.equal(
    lineOf(
      '{nat_src} {nat_sport} {state} {packets} {bytes} {start} {end} {duration} {req_id} {client}',
      unknown,
    ),
    '- - - - - - - - - -',
  );
  const ofUser = { ...unknown, srcProcess: { ...onlyUid, uid: 33 } };
  t.equal(lineOf('{pid} {uid} {gid} {name} {quality}', ofUser), '- 33 - - uid only');
  t.equal(lineOf('{uid}', { ...unknown, srcProcess: { ...onlyUid, uid: noId } }), '-');
  t.equal(lineOf('{mark} {zone}', makeRecord({ source: 'packets' })), '- -');
});

t.test('all that a connection has', async (t) => {
  const record = endedConnection({ mark: 9, zone: 3, srcProcess: curl });
  t.equal(
    lineOf(
      '{event} {state} {name} {user} {container} {quality} {packets} {bytes} {reply_packets} {reply_bytes}',
      record,
    ),
    'destroy TIME_WAIT curl alice - exact 20 4400 17 1048576',
  );
  t.equal(
    lineOf('{nat_src}:{nat_sport} {nat_dst}:{nat_dport} {mark} {zone} {flow_id} {duration}', record),
    '1.2.3.4:60946 68.232.35.139:443 9 3 6957336a528d4718 122.765724',
  );
  t.equal(
    lineOf('{ts} | {start} | {end}', record, '%F %T.%f'),
    '2026-01-02 03:04:05.000006 | 2026-01-02 03:02:02.234282 | 2026-01-02 03:04:05.000006',
  );
});

t.test('the process at the source, else the one at the destination', async (t) => {
  const nginx = { ...curl, pid: 80, command: 'nginx' };
  t.equal(lineOf('{pid}', newConnection({ srcProcess: curl, dstProcess: nginx })), '2354');
  t.equal(lineOf('{pid} {cmdline}', newConnection({ dstProcess: nginx })), '80 nginx');
  const within = newConnection({ dstProcess: nginx });
  within.srcAddress.set(within.dstAddress);
  t.equal(lineOf('{pid} {cmdline}', within), '- -', 'the server did not connect to itself');
});

t.test('traces and aggregates', async (t) => {
  const trace = traceRecord(
    makeTrace({ back: ['2001:db8::1', 40001, '2001:db8::9', 8080], client: '203.0.113.9' }),
  );
  t.equal(
    lineOf(
      '{event} {src} {nat_src}/{nat_sport} > {nat_dst}/{nat_dport} {req_id} {sess_id} {mapping} {client} {flow_id}',
      trace,
    ),
    'trace 198.51.100.7 2001:db8::1/40001 > 2001:db8::9/8080 aRdK@w S-1 shop 203.0.113.9 -',
  );
  t.equal(
    lineOf('{event} {src} {sport} {dst}/{dport} {packets}', aggregate()),
    'aggregate 10.1.2.0/24 - 192.0.2.80/443 240',
  );
});

t.test('what strangers wrote cannot end the line or drive the terminal', async (t) => {
  const record = newConnection({
    srcProcess: { ...curl, command: 'sh -c "a\n1373127181: forged" \u001b[2J \u202e \\n \u00e9' },
  });
  t.equal(lineOf('{cmdline}', record), 'sh -c "a\\u000a1373127181: forged" \\u001b[2J \\u202e \\\\n \u00e9');
});

t.test('braces', async (t) => {
  t.equal(lineOf('{{"pid":{pid}}}', newConnection({ srcProcess: curl })), '{"pid":2354}');
  for (const template of ['{pid', 'pid}', '{a{pid}'])
    t.throws(() => compileTemplate({ template, timeFormat: '%s' }), /stands alone/, template);
});

t.test('names that are not known are answered by those that are', async (t) => {
  for (const template of ['{what}', '{}', '{constructor}', '{pid:>5}', '{x.pid}']) {
    const compile = () => compileTemplate({ template, timeFormat: '%s' });
    t.throws(compile, ConfigError, template);
    t.throws(compile, /; there are \{ts\} .*\{proto\} .*\{cmdline\} /, template);
  }
  t.throws(() => compileTemplate({ template: '{ts}', timeFormat: '%Q' }), ConfigError);
});
