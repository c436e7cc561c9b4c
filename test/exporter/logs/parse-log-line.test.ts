import { readdirSync, readFileSync } from 'node:fs';
import t from 'tap';
import { parseLogLine } from '../../../exporter/logs/parse-log-line.ts';
import { saidConnection } from '../../support/said-connection.ts';

const said = (line: string) => saidConnection(parseLogLine, line);

t.test('each form is told by its looks', async (t) => {
  const reply = 'src=192.0.2.2 dst=192.0.2.1 sport=2 dport=1';
  t.match(said(`tcp 6 1 CLOSE src=192.0.2.1 dst=192.0.2.2 sport=1 dport=2 ${reply}`), {
    said: 'dump ipv4 6',
  });
  t.match(said('{"orig.ip.protocol":6,"src_ip":"::1","dest_ip":"::2","ct.event":1}'), { said: 'new ipv6 6' });
  t.match(said('[NEW] ORIG: SRC=::1 DST=::2 PROTO=TCP , REPLY: SRC=::2 DST=::1 PROTO=TCP'), {
    said: 'new ipv6 6',
  });
});

t.test('packets that LOGEMU or the kernel wrote are about no connection', async (t) => {
  t.equal(
    said('Nov 21 21:30:23 gw pk IN=rc OUT= MAC=00 SRC=192.0.2.1 DST=192.0.2.2 LEN=58 PROTO=UDP'),
    'other',
  );
  t.equal(said('SRC=192.0.2.1 DST=192.0.2.2'), 'it is no line of ulogd, conntrack, or our own');
});

t.test('every recorded line is understood, but for those without addresses', async (t) => {
  const files = readdirSync('fixtures/logs').filter((name) => name.endsWith('.txt'));
  const texts = files.flatMap((name) =>
    readFileSync(`fixtures/logs/${name}`, 'utf8').split('\n').slice(0, -1),
  );
  const meanings = texts.map(said);
  t.equal(meanings.filter((one) => typeof one === 'object').length, 219);
  t.equal(meanings.filter((one) => one === 'other').length, 3);
  t.equal(meanings.length, 224);
});
