import { readFileSync } from 'node:fs';
import t from 'tap';
import type { ReadLine } from '../../../exporter/logs/logged-connection.ts';
import { parseConntrackText } from '../../../exporter/logs/parse-conntrack-text.ts';
import { parseUlogdText } from '../../../exporter/logs/parse-ulogd-text.ts';
import { formatLog } from '../../../exporter/print/format-log.ts';
import { endedConnection, newConnection } from '../../support/printed-records.ts';
import { saidConnection } from '../../support/said-connection.ts';

const said = (line: string, context = {}) => saidConnection(parseUlogdText, line, context);
const linesOf = (name: string): string[] =>
  readFileSync(`fixtures/${name}.txt`, 'utf8').split('\n').slice(0, -1);
const lines = linesOf('logs/ulogd-logemu');
const lineOf = (kind: string, text: string): string =>
  lines.find((line) => line.includes(`[${kind}]`) && line.includes(text)) ?? '';

const shared = ['said', 'original', 'reply', 'packets', 'octets', 'reversePackets', 'reverseOctets'];

t.test('the lines of the seed: none has counted anything', async (t) => {
  const [ended, six, began] = linesOf('seeds/ulogd-logemu');
  t.same(said(ended ?? ''), {
    said: 'destroy ipv4 6',
    original: '61.174.51.209 6000 > 192.168.1.129 22',
    reply: '192.168.1.129 22 > 61.174.51.209 6000',
    eventMicros: Date.UTC(2026, 1, 22, 10, 50, 36) * 1000,
  });
  t.same(said(six ?? ''), {
    said: 'new ipv6 6',
    original: '2a01:e35:1394:5bd0:da50:b6ff:fe3c:4250 51162 > 2001:41d0:1:9598::1 22',
    reply: '2001:41d0:1:9598::1 22 > 2a01:e35:1394:5bd0:da50:b6ff:fe3c:4250 51162',
    eventMicros: Date.UTC(2026, 1, 22, 11, 59, 34) * 1000,
  });
  // The log was written in February 2014, and is read as if it were a week later; the clock of its host showed Paris.
  const context = { nowMicros: Date.UTC(2014, 2, 1) * 1000, zone: 'Europe/Paris' };
  t.same(said(began ?? '', context), {
    said: 'new ipv4 6',
    original: '192.168.1.129 60846 > 68.232.35.139 443',
    reply: '68.232.35.139 443 > 1.2.3.4 60946',
    eventMicros: Date.UTC(2014, 1, 22, 10, 59, 43) * 1000,
  });
});

t.test('an ended connection and its counters', async (t) => {
  t.same(said(lineOf('DESTROY', 'SPT=53400 ')), {
    said: 'destroy ipv4 6',
    original: '192.0.2.10 53400 > 198.51.100.20 80',
    reply: '198.51.100.20 80 > 198.51.100.1 40386',
    ...{ hasCounters: true, packets: 5, octets: 318, reversePackets: 5, reverseOctets: 1268 },
    eventMicros: 1795296624e6,
  });
  for (const line of linesOf('logs/ulogd-logemu-uncounted'))
    t.match(said(line), { said: /^(new|destroy) /, hasCounters: undefined });
});

t.test('what ulogd says is what conntrack says of the same connections', async (t) => {
  const ended = (all: readonly string[], readLine: ReadLine): Set<string> =>
    new Set(
      all
        // ulogd has no ids of ICMP, no types of ICMPv6, and no keys of GRE; 15308 and 15053 are not in the other file.
        .filter((line) => line.includes('[DESTROY]') && !/icmp|PROTO=58|PROTO=47|gre|15308|15053/i.test(line))
        .map((line) => saidConnection(readLine, line))
        .map((one) => (typeof one === 'string' ? one : JSON.stringify(shared.map((key) => one[key])))),
    );
  const known = ended(linesOf('logs/conntrack-events'), parseConntrackText);
  t.equal(known.size, 15);
  t.same(ended(lines, parseUlogdText), known);
});

t.test(
  'type and code of ICMP are swapped by ulogd, and of both directions those of the request',
  async (t) => {
    const line = lineOf('NEW', 'PROTO=ICMP');
    t.match(line, /TYPE=0 CODE=8/);
    const expected = {
      original: '192.0.2.10 0 > 198.51.100.20 0 icmp 8 0 0',
      reply: '198.51.100.20 0 > 198.51.100.1 0',
    };
    t.match(said(line), expected);
    t.match(said(line.replaceAll('TYPE=0 CODE=8', 'TYPE=8 CODE=0')), expected);
    t.match(said(line.replaceAll('TYPE=0 CODE=8', 'TYPE=0 CODE=13')), { reply: /icmp 14 0 0$/ });
  },
);

const tuples =
  'ORIG: SRC=192.0.2.1 DST=192.0.2.2 PROTO=UDP SPT=1 DPT=2 , REPLY: SRC=192.0.2.2 DST=192.0.2.1 PROTO=UDP SPT=2 DPT=1';

t.test('as syslog daemons write it', async (t) => {
  const eventMicros = Date.UTC(2026, 10, 21, 9, 0, 0) * 1000;
  for (const head of [
    'Nov 21 09:00:00 gw ulogd[123]: [NEW] ',
    '<134>Nov 21 09:00:00 gw ulogd: [NEW] ',
    '2026-11-21T10:00:00+01:00 gw ulogd[123]: [NEW] ',
    '<134>1 2026-11-21T09:00:00.000000Z gw ulogd 123 - - [NEW] ',
  ])
    t.match(said(head + tuples), { said: 'new ipv4 17', eventMicros }, head);
  t.match(said(`[UPDATE] ${tuples}`), { said: 'update ipv4 17', eventMicros: undefined });
  t.match(said(tuples), { said: 'dump ipv4 17' });
});

t.test('our own lines: micros, marks, zones, and ICMP in order', async (t) => {
  const time = '2026-01-02T03:04:05.000006Z';
  const eventMicros = Date.UTC(2026, 0, 2, 3, 4, 5) * 1000 + 6;
  t.match(said(`${time} [DESTROY] ${tuples} MARK=0xff000010 ZONE=3 UID=1000 PID=7 COMM=x=y`), {
    ...{ said: 'destroy ipv4 17', mark: 0xff000010, zone: 3, eventMicros },
  });
  const icmp = (type: number): string => `SRC=192.0.2.1 DST=192.0.2.2 PROTO=ICMP TYPE=${type} CODE=13`;
  t.match(said(`${time} [DESTROY] ORIG: ${icmp(3)} , REPLY: ${icmp(3)}`), { original: /icmp 3 13 0$/ });
  t.match(said(`- [DESTROY] ORIG: ${icmp(3)} , REPLY: ${icmp(3)}`), { original: /icmp 3 13 0$/ });
  t.equal(said(`${time} [AGGREGATE] ${tuples} FLOWS=3`), 'other');
  t.equal(said(`${time} [TRACE] ${tuples} REQUEST=x`), 'other');
  t.equal(said(`${time} [NEW] ${tuples} NATEVENT=4`), 'other');
});

t.test('what formatLog has written', async (t) => {
  t.match(said(formatLog(endedConnection({ mark: 16, zone: 3 })).trimEnd()), {
    ...{ said: 'destroy ipv4 6', original: '192.168.1.129 60846 > 68.232.35.139 443', mark: 16, zone: 3 },
    ...{ reply: '68.232.35.139 443 > 1.2.3.4 60946', packets: 23, reverseOctets: 1050000 },
  });
  t.match(said(formatLog(newConnection()).trimEnd()), { said: 'new ipv4 6', hasCounters: undefined });
});

t.test('what is wrong', async (t) => {
  t.equal(said('[NEW] ORIG: SRC=192.0.2.1'), 'it has not both ORIG: and REPLY:');
  t.equal(said(tuples.replace('SPT=1', 'SPT=65536')), 'a value is no number from 0 to 65535');
  t.equal(said(tuples.replace('SPT=1', 'SPT=')), 'a value is no number from 0 to 65535');
  t.equal(said(tuples.replace('DST=192.0.2.2', 'DST=192.0.2')), 'SRC= or DST= has no address');
  t.equal(said(tuples.replace('PROTO=UDP', 'PROTO=XYZ')), 'PROTO= is no protocol');
  t.equal(said(tuples.replace('DST=192.0.2.1', '')), 'a direction has not one SRC= and one DST=');
  for (let length = 0; length < tuples.length; length++) said(tuples.slice(0, length));
});
