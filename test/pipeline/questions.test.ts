/** The questions that people bring, asked with the shipped commands about fifty-five minutes of a small office, of which everything is known. */

import t, { type Test } from 'tap';
import { hasPeers } from '../support/peers.ts';
import { matchRows, type Office, openOffice } from '../support/questions-ask.ts';
import {
  bad,
  firstDatabase,
  icmp,
  icmp6,
  publicAddress,
  secondDatabase,
  tcp,
  vip,
} from '../support/questions-day.ts';
import { connectionTimes, liveMirror, whichPublic, whoHadIt } from '../support/questions-nat.ts';
import { until } from '../support/until.ts';

const whatConsumes = async (t: Test, { ask, between, time }: Office): Promise<void> => {
  const { rows } = await ask('top', '--by', 'src_addr', '--limit', '3', ...between());
  matchRows(t, rows, [
    { row: '', src_addr: '198.51.100.90', bytes: 45_000_000 },
    // 4 x 9000 octets, of one packet in a hundred.
    { row: '', src_addr: '172.16.5.5', bytes: 3_600_000, packets: 4000, flows: 4 },
    { row: '', src_addr: '192.168.20.5', bytes: 3_000_000, flows: 1 },
    { row: 'others' },
    { row: 'total' },
  ]);
  const growth = await ask('series', '--filter', 'port 53000', ...between(29, 37), '--step', '1m');
  const megabytes = [0, 6.06, 6.06, 6.06, 12.06, 12.06, 3.03, 0];
  t.same(
    growth.rows.map((row) => [row.time, row.bytes]),
    megabytes.map((value, i) => [time(29 + i), value * 1e6]),
    'growth of a flow over time, both directions',
  );
  const spread = await ask('series', '--filter', 'src port 40500', ...between(39, 46), '--step', '1m');
  t.same(
    spread.rows.map(({ bytes, flows }) => [bytes, flows]),
    [0, 1, 1, 1, 1, 1, 0].map((share, i) => [share * 600_000, i === 5 ? 1 : 0]),
    'one record of five minutes is spread, and counted where it ends',
  );
  t.same((await ask('top', '--filter', 'port 6667', ...between())).rows, []);
};

const stillUsed = async (t: Test, { ask, between, time }: Office): Promise<void> => {
  const pinged = await ask('seen', '10.0.3.5', ...between(0, 45));
  matchRows(t, pinged.rows, [
    { client: '10.9.0.1', proto: icmp, flows: 9, first: time(0), last: time(40, 1) },
  ]);
  const unused = await ask('seen', '10.0.3.5', '--ignore', '10.9.0.0/24', ...between(0, 45));
  t.same(unused.rows, []);
  t.match(unused.said, /Nobody began anything with it/);
  t.match(unused.said, /Left out: 9 flows of --ignore/);
  t.match(unused.said, /2 exporters were heard in all 45 minutes, and nothing of it is known to be missing/);
  t.match(unused.said, /exporter 127\.0\.0\.13: was heard in 20 of 45 minutes, silent for 25 min from /);
  t.same((await ask('seen', '10.0.3.5:5432', ...between(0, 45))).rows, [], 'its database was not asked');

  const used = await ask('seen', '10.0.3.6:5432', ...between());
  matchRows(t, used.rows, [
    { client: '10.0.1.21', flows: 1, bytes_to: 2500, bytes_from: 12_500, attempts: 0, last: time(33, 20) },
  ]);
  t.match(used.said, /Last used .* ago by 10\.0\.1\.21 \(tcp 5432\)/);
  const tried = await ask('seen', '10.0.3.7:5432', ...between());
  matchRows(t, tried.rows, [{ client: '10.0.1.22', flows: 0, attempts: 1 }]);
  t.match(tried.said, /Nobody was answered/);
  const translated = (await ask('seen', '10.0.1.10:8443', ...between(0, 20))).rows;
  matchRows(
    t,
    translated,
    [{ client: '198.51.100.200', via: [publicAddress] }],
    'asked for by its public address',
  );
};

const whichDatabase = async (t: Test, { ask, between, time }: Office): Promise<void> => {
  const { rows } = await ask('servers', '--client', '10.0.1.20', '--port', '5432', ...between(10, 20));
  t.same(
    rows.map((row) => [row.at, row.asked, row.server, row.connections, row.failed, row.bytes_from]),
    [
      [time(12), vip, firstDatabase, 2, 0, 14_000],
      [time(13), vip, firstDatabase, 1, 0, 7000],
      [time(14), vip, secondDatabase, 1, 0, 7000],
      [time(14), vip, firstDatabase, 0, 1, 0],
      [time(15), vip, secondDatabase, 2, 0, 14_000],
    ],
  );
  t.same((await ask('servers', '--client', '10.0.1.99', '--port', '5432', ...between(10, 20))).rows, []);
};

const whoIsNew = async (t: Test, { ask, between }: Office): Promise<void> => {
  const peers = async (host: string, ...more: readonly string[]): Promise<unknown[]> =>
    (await ask('peers', host, ...between(18, 25), ...more)).rows.map(({ peer }) => peer);
  t.same((await peers('192.168.10.23')).sort(), [bad, '198.51.100.80']);
  t.same(await peers('192.168.10.23', '--new', '--baseline', '1h'), [bad], 'the other one it knew');
  t.same(await peers('192.168.10.21', '--new'), [], 'this one did nothing then');
};

const whoScans = async (t: Test, { ask, between }: Office): Promise<void> => {
  matchRows(t, (await ask('scans', ...between())).rows, [
    { scanner: '192.168.10.66', scan: 'vertical', hosts: 1, ports: 151, attempts: 151 },
    { scanner: '192.168.10.67', scan: 'horizontal', hosts: 60, ports: 1, attempts: 60 },
  ]);
  const quiet = await ask('scans', ...between(0, 24));
  t.same(quiet.rows, []);
  t.match(quiet.said, /Looked for: who tried 100 ports of a host, or 50 hosts/);
  // It asks as many hosts as a scanner would, and is answered.
  t.same(
    (await ask('scans', '--hosts', '10', '--ports', '10', '--filter', 'ip 10.0.1.30', ...between())).rows,
    [],
  );
};

const badContacts = async (t: Test, { ask, between, list, watch }: Office): Promise<void> => {
  const contacts = [
    { listed: '2001:db8:bad::1', label: 'bad net', inside: '2001:db8:10::23', flows: 0, attempts: 1 },
    {
      listed: bad,
      label: 'botnet',
      inside: '192.168.10.23',
      public: publicAddress,
      port: 4444,
      bytes_to: 700,
    },
  ];
  matchRows(t, (await ask('contacts', '--list', list, ...between())).rows, contacts);
  t.same((await ask('contacts', '--list', list, ...between(0, 19))).rows, []);

  await until('the watch tells of both', () => watch.rows().length >= 2);
  t.match(new Set(watch.rows()), new Set(contacts));
  t.equal(await watch.interrupt(), 0);
  t.equal(watch.rows().length, 2, 'each once');
};

const sameFromRollups = async (t: Test, { ask, between }: Office): Promise<void> => {
  for (const by of ['service', 'proto', 'exporter,proto']) {
    const [rolledUp, exact] = [
      await ask('top', '--by', by, '--limit', '5', ...between()),
      await ask('top', '--by', by, '--limit', '5', '--exact', ...between()),
    ];
    t.match(rolledUp.said, /, from flows_1[mh]/);
    t.match(exact.said, /, from flows \(--exact\)/);
    t.same(rolledUp.rows, exact.rows, by);
    if (by !== 'service') continue;
    t.match(rolledUp.rows, [
      { service: 443, bytes: 46_348_960, packets: 15_121, flows: 159 },
      // With one of the scanner.
      { service: 80, bytes: 3_600_060, packets: 4001, flows: 5 },
      { service: 873, bytes: 3_060_000, packets: 6000, flows: 2 },
      { service: 5432, bytes: 58_920, packets: 142, flows: 10 },
    ]);
  }
  const minutes = ['series', '--filter', 'service 873', ...between(39, 46), '--step', '1m'];
  const spread = await ask(...minutes);
  t.match(spread.said, /, from flows_1[mh]/);
  t.same(
    spread.rows.map(({ bytes }) => bytes),
    [0, 612_000, 612_000, 612_000, 612_000, 612_000, 0],
  );
  t.same((await ask(...minutes, '--exact')).rows, spread.rows);
};

const otherProtocols = async (t: Test, { ask, between }: Office): Promise<void> => {
  matchRows(t, (await ask('seen', '[2001:db8:80::1]:443', ...between())).rows, [
    { client: '2001:db8:10::21', proto: tcp, flows: 1, bytes_from: 70_000 },
  ]);
  matchRows(t, (await ask('peers', '2001:db8:10::1', ...between())).rows, [
    { peer: '2001:db8:10::2', proto: icmp6, flows: 1, bytes_sent: 520, bytes_received: 520 },
  ]);
  const echo = (await ask('flows', '--filter', 'proto icmp and icmp type 8', ...between())).rows;
  t.equal(echo.length, 10, 'requests, and no replies');
  t.match((await ask('top', '--by', 'src_addr', '--limit', '1', '--filter', 'ipv6', ...between())).rows[0], {
    src_addr: '2001:db8:80::1',
    bytes: 70_000,
  });
  t.same((await ask('flows', '--filter', 'ipv6 and proto udp', ...between())).rows, []);
};

t.test('a day in the office', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const office = await openOffice(t);
  const questions: readonly (readonly [name: string, ask: (t: Test, office: Office) => Promise<void>])[] = [
    ['Q1: who had this public address and port', whoHadIt],
    ['Q2: which public address and port did this host have', whichPublic],
    ['Q5: bandwidth and times of a connection', connectionTimes],
    ['Q6: which connections are open, now and at a time', liveMirror],
    ['Q7: what takes the bandwidth', whatConsumes],
    ['Q8: is anything still using this server', stillUsed],
    ['Q10: which database server was used', whichDatabase],
    ['Q11: what did the laptop contact that it never had', whoIsNew],
    ['Q12: who scans', whoScans],
    ['Q13: who had to do with a known-bad host', badContacts],
    ['Q16: the same answers out of aggregated records', sameFromRollups],
    ['Q18: IPv6 and ICMP', otherProtocols],
  ];
  // Each asks for itself, and most of the time goes by while commands start.
  t.jobs = 3;
  await Promise.all(questions.map(([name, ask]) => t.test(name, { buffered: true }, (t) => ask(t, office))));
  t.equal((await office.collector.stop()).exitCode, 0);
});
