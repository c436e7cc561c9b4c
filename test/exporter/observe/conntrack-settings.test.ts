import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { enableAccounting, readConntrackSettings } from '../../../exporter/observe/conntrack-settings.ts';
import { ConfigError } from '../../../shared/service/config-error.ts';

const makeFolder = (t: Test, files: Readonly<Record<string, number>>): string => {
  const folder = t.testdir(
    Object.fromEntries(Object.entries(files).map(([name, value]) => [`nf_conntrack_${name}`, `${value}\n`])),
  );
  return folder;
};

t.test('what the files say', (t) => {
  const folder = makeFolder(t, {
    acct: 1,
    timestamp: 1,
    events: 2,
    count: 12,
    max: 262144,
    tcp_timeout_syn_sent: 101,
    tcp_timeout_syn_recv: 102,
    tcp_timeout_established: 103,
    tcp_timeout_fin_wait: 104,
    tcp_timeout_close_wait: 105,
    tcp_timeout_last_ack: 106,
    tcp_timeout_time_wait: 107,
    tcp_timeout_close: 108,
    udp_timeout: 1,
    udp_timeout_stream: 2,
    icmp_timeout: 3,
    icmpv6_timeout: 4,
    generic_timeout: 5,
    gre_timeout: 6,
    gre_timeout_stream: 7,
    sctp_timeout_established: 201,
    dccp_timeout_open: 301,
  });
  const { timeouts, ...settings } = readConntrackSettings(folder);
  t.same(settings, {
    isAvailable: true,
    accounting: true,
    timestamps: true,
    events: 2,
    connections: 12,
    maxConnections: 262144,
  });
  t.same(timeouts, {
    tcp: [0, 101, 102, 103, 104, 105, 106, 107, 108, 120],
    udp: 1,
    udpStream: 2,
    icmp: 3,
    icmpv6: 4,
    generic: 5,
    sctp: [0, 10, 3, 3, 201, 3, 3, 3, 30, 210],
    dccp: [0, 240, 480, 480, 301, 64, 64, 240],
    gre: 6,
    greStream: 7,
  });
  t.end();
});

t.test('no files: no connection tracking, and the timeouts of a kernel as it comes', (t) => {
  const { isAvailable, accounting, timestamps, timeouts } = readConntrackSettings(t.testdir());
  t.same(
    { isAvailable, accounting, timestamps },
    { isAvailable: false, accounting: false, timestamps: false },
  );
  t.same(timeouts.tcp, [0, 120, 60, 432000, 120, 60, 30, 120, 10, 120]);
  t.match(timeouts, { udp: 30, udpStream: 120, icmp: 30, icmpv6: 30, generic: 600, gre: 30, greStream: 180 });
  t.end();
});

t.test('--enable switches on what is off', (t) => {
  const folder = makeFolder(t, { acct: 0, timestamp: 1, events: 0 });
  enableAccounting(folder);
  const value = (name: string): string => readFileSync(join(folder, `nf_conntrack_${name}`), 'utf8').trim();
  t.same(['acct', 'timestamp', 'events'].map(value), ['1', '1', '1']);
  writeFileSync(join(folder, 'nf_conntrack_events'), '2\n');
  enableAccounting(folder);
  t.equal(value('events'), '2', 'events for who listens are enough');
  t.end();
});

t.test('--enable says what it cannot set', (t) => {
  t.throws(() => enableAccounting(t.testdir()), ConfigError);
  t.throws(() => enableAccounting(t.testdir()), /nf_conntrack_acct to 1 .*modprobe nf_conntrack/);
  t.end();
});
