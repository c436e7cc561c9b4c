import t from 'tap';
import { readControlFrame, writeControlFrame } from '../../../collector/receive/control-frame.ts';

const octets = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

const said =
  '{"kernelDrops":5,"refused":3,"queueDrops":2,"exporters":[["192.0.2.1",2,0],["2001:db8::1",1,2]]}';
const meant = {
  kernelDrops: 5,
  refused: 3,
  queueDrops: 2,
  exporters: [
    ['192.0.2.1', 2, 0],
    ['2001:db8::1', 1, 2],
  ] as const,
};

t.test('as it is in the journal', async (t) => {
  t.equal(text(writeControlFrame(meant)), said);
  t.same(readControlFrame(octets(said)), meant);
  const inside = octets(`.....${said}.....`);
  t.same(readControlFrame(inside.subarray(5, 5 + said.length)), meant, 'a part of a chunk');
  const nothing = '{"kernelDrops":0,"refused":0,"queueDrops":0,"exporters":[]}';
  t.equal(text(writeControlFrame({ kernelDrops: 0, refused: 0, queueDrops: 0, exporters: [] })), nothing);
});

t.test('exporters that have no room are in the sums only', async (t) => {
  const address = '2001:db8:1234:5678:9abc:def0:1234:5678';
  const exporters = Array.from({ length: 2000 }, () => [address, 1, Number.MAX_SAFE_INTEGER - 3000] as const);
  const refused = 2000;
  const payload = writeControlFrame({ kernelDrops: 0, refused, queueDrops: 1, exporters });
  const one = `["${address}",1,${Number.MAX_SAFE_INTEGER - 3000}],`.length;
  t.ok(payload.length <= 60_000 && payload.length > 60_000 - 2 * one, `${payload.length} octets`);
  t.match(text(payload), /^\{"kernelDrops":0,"refused":2000,"queueDrops":1,"exporters":\[\["2001/);
  t.match(text(payload), /\]\]\}$/, 'whole');
});

t.test('what is damaged is nothing, and nothing throws', async (t) => {
  const wrong = [
    '',
    'null',
    '[]',
    '7',
    said.slice(0, -1),
    '['.repeat(60_000),
    said.replace('"refused":3', '"refused":-3'),
    said.replace('"refused":3', '"refused":3.5'),
    said.replace('"refused":3', '"refused":"3"'),
    said.replace('"refused":3', '"refused":1e300'),
    said.replace('"refused":3', '"refused":2'),
    said.replace('"queueDrops":2', '"queueDrops":1'),
    said.replace('"refused":3,', ''),
    said.replace(/\[\[.*\]\]/, '{}'),
    said.replace('["192.0.2.1",2,0]', 'null'),
    said.replace('["192.0.2.1",2,0]', '["192.0.2.1",2]'),
    said.replace('["192.0.2.1",2,0]', '["192.0.2.1",2,-1]'),
    said.replace('192.0.2.1', '192.0.2'),
    said.replace('192.0.2.1', "'); DROP TABLE flows"),
    said.replace('2001:db8::1', 'fe80::1%eth0'),
  ];
  for (const one of wrong) t.equal(readControlFrame(octets(one)), undefined, one.slice(0, 80));
  t.equal(readControlFrame(Uint8Array.of(0xff, 0xfe, 0)), undefined);
});
