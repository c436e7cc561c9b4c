import t from 'tap';
import { RecordTexts } from '../../../exporter/export/record-texts.ts';
import { natFlow } from '../../support/flow-records.ts';
import { curl, makeTrace, onlyUid, traceRecord } from '../../support/processes.ts';
import { dataOf, hex } from '../../support/session-messages.ts';
import { rigMs as nowMs, SessionRig } from '../../support/session-rig.ts';

/** What is written of the texts where there is room for so many octets, and how long it is said to be. */
const written = (texts: readonly string[], roomBytes: number): readonly [length: number, octets: string] => {
  const record = new RecordTexts(texts.map((text) => () => text));
  const length = record.read(natFlow(), roomBytes);
  const octets = Buffer.alloc(length + 2, 0xee);
  record.write(octets, 1);
  return [length, octets.toString('hex')];
};

t.test('a length of one octet below 255, else 255 and two more (RFC 7011 7)', async (t) => {
  t.same(written(['', 'ab'], 100), [4, 'ee00026162ee']);
  const [short, long] = ['x'.repeat(254), 'x'.repeat(255)];
  t.same(written([short], 1000), [255, `eefe${'78'.repeat(254)}ee`]);
  t.same(written([long], 1000), [258, `eeff00ff${'78'.repeat(255)}ee`]);
  t.same(written(['y'.repeat(0x1234)], 60_000)[1].slice(0, 10), 'eeff123479');
});

t.test('the longest are cut first, and only as far as needed', async (t) => {
  t.same(written(['aaaa', 'bb', 'cccccc'], 15), [15, 'ee0461616161026262' + '06636363636363ee']);
  t.same(written(['aaaa', 'bb', 'cccccc'], 13), [13, 'ee0461616161026262' + '0463636363ee']);
  t.same(written(['aaaa', 'bb', 'cccccc'], 12), [11, 'ee03616161026262' + '03636363ee']);
  t.same(written(['aaaa', 'bb'], 2), [2, 'ee0000ee']);
  t.equal(written(['aaaa', 'bb'], 1)[0], 2, 'there is no room for the lengths alone');
});

t.test('between characters: of two, three and four octets', async (t) => {
  t.same(written(['\u00e4\u00e4'], 4), [3, 'ee02c3a4ee']);
  t.same(written(['\u20ac\u20ac'], 6), [4, 'ee03e282acee']);
  t.same(written(['\u{1f40b}\u{1f40b}'], 8), [5, 'ee04f09f908bee']);
  // Half of a surrogate pair is no character: U+FFFD.
  t.same(written(['\ud83d'], 9), [4, 'ee03efbfbdee']);
});

t.test('the same is filled again by the next record', async (t) => {
  const record = new RecordTexts([(r) => r.helper]);
  t.equal(record.read(natFlow({ helper: 'x'.repeat(3000) }), 5000), 3003);
  t.equal(record.read(natFlow({ helper: 'ftp' }), 5000), 4);
  const octets = Buffer.alloc(4);
  record.write(octets, 0);
  t.equal(octets.toString('hex'), '03667470');
});

t.test('processes at both ends, octet by octet', async (t) => {
  const event = natFlow({
    form: 'event',
    isTranslated: false,
    protocol: 17,
    srcProcess: curl,
    dstProcess: onlyUid,
  });
  t.equal(
    dataOf(event),
    hex(`0000018cc251f018 0a000001 c0000209 9c40 01bb 11 02 f1020304f5060708
      00000932 000003e8 000003e8 0000000000001267 03  00000000 00000021 ffffffff 0000000000000000 01
      04 6375726c  05 616c696365  17 6375726c202d7320697076362e676f6f676c652e636f6d  00
      15 2f757365722e736c6963652f612e73657276696365  00 00 00 00 00`),
  );
  t.equal(
    dataOf(event, { protocol: 'netflow9' }),
    hex(`0000018cc251f018 0a000001 c0000209 9c40 01bb 11 02 f1020304f5060708
      00000932 000003e8 6375726c000000000000000000000000  00000000 00000021 00000000000000000000000000000000 0000`),
  );
});

t.test('a trace, IPv6 in front and IPv4 behind, octet by octet', async (t) => {
  const trace = makeTrace({ front: ['2001:db8::7', 52000, '2001:db8::1', 443], client: '203.0.113.9' });
  const front = `0000019b7ca98c88 20010db8000000000000000000000007 20010db8000000000000000000000001 cb20 01bb 06`;
  const back = '0a000001 0a000009 9c41 1f90';
  t.equal(
    dataOf(traceRecord(trace)),
    hex(`${front} ${back} cb007109 06 6152644b4077 03 532d31 04 73686f70 04 77616631`),
  );
  t.equal(dataOf(traceRecord(trace), { protocol: 'netflow9' }), hex(`${front} ${back} 000000`));
});

t.test(
  'texts are cut so that the record fits, and are longer than 254 octets where there is room',
  async (t) => {
    const record = natFlow({ srcProcess: { ...curl, command: 'ä'.repeat(400) } });
    const rig = new SessionRig();
    rig.session.start(nowMs);
    rig.session.export(record, nowMs);
    rig.session.tick(nowMs + 500);
    t.ok(
      Buffer.from(rig.setsOf(-1).at(-1)?.content ?? []).includes(
        Buffer.from(`ff0320${'c3a4'.repeat(400)}00`, 'hex'),
      ),
    );
    // What IPv4 has to leave of --mtu 512.
    rig.session.payloadBytes = 512 - 28;
    rig.session.export(record, nowMs + 600);
    rig.session.tick(nowMs + 1100);
    const message = rig.sent.at(-1);
    t.ok(message && [483, 484].includes(message.length), 'as much as there is room for');
    t.match(
      Buffer.from(message ?? []).toString('utf8'),
      /curl.alice..{2}ä{100,}\0.\/user.slice\/a.service$/su,
    );
  },
);
