import t from 'tap';
import type { ExportedInterface } from '../../../exporter/export/export-settings.ts';
import { viewOf } from '../../support/capture-builder.ts';
import { DecoderRig } from '../../support/decoder-rig.ts';
import { natFlow } from '../../support/flow-records.ts';
import { curl } from '../../support/processes.ts';
import { dataOf, hex, sentBy, templatesIn } from '../../support/session-messages.ts';
import { rigMs as nowMs, SessionRig } from '../../support/session-rig.ts';

t.test('an IPv4 TCP flow through NAT in IPFIX, octet by octet', async (t) => {
  t.equal(
    dataOf(natFlow({ zone: 5, mark: 9 })),
    hex(`0000018cc251ec30 0000018cc251f018
      0a000001 c0000209 9c40 01bb 06  cb007105 c0000209 ee48 01bb
      0000000100000001 000000000000000b 000000000000000d 000000000000000c
      00000000000003e8 000000000000000a 0000000000002328 0000000000000008
      0013 001b 03 02 f1020304f5060708 00000005 00000009`),
  );
});

t.test('the same flow in NetFlow v9', async (t) => {
  t.equal(
    dataOf(natFlow(), { protocol: 'netflow9' }),
    // Uptimes of 3598 and 3599 s.
    hex(`0036e6b0 0036ea98
      0a000001 c0000209 9c40 01bb 06  cb007105 c0000209 ee48 01bb
      0000000100000001 000000000000000b
      00000000000003e8 000000000000000a 0000000000002328 0000000000000008
      1b 03 02 f1020304f5060708`),
  );
});

t.test('Sets of NetFlow v9 end at four octets, with padding', async (t) => {
  const flow = natFlow({ protocol: 17, isTranslated: false, hasCounters: false });
  t.equal(
    dataOf(flow, { protocol: 'netflow9' }),
    hex('0036e6b0 0036ea98 0a000001 c0000209 9c40 01bb 11 03 02 f1020304f5060708 00'),
  );
});

t.test('ICMPv6 and a NAT event', async (t) => {
  const echo = natFlow({
    family: 6,
    srcAddress: '2001:db8::1',
    dstAddress: '2001:db8::2',
    protocol: 58,
    icmpType: 128,
    icmpCode: 1,
    isTranslated: false,
    hasCounters: false,
  });
  t.equal(
    dataOf(echo),
    hex(`0000018cc251ec30 0000018cc251f018 20010db8000000000000000000000001 20010db8000000000000000000000002
      8001 3a 03 02 f1020304f5060708`),
  );
  t.equal(
    dataOf(natFlow({ form: 'nat-event', natEvent: 4, mark: 9 })),
    hex(`0000018cc251f018 04 0a000001 c0000209 9c40 01bb 06 cb007105 c0000209 ee48 01bb f1020304f5060708`),
  );
});

t.test('sequence numbers of IPFIX count Data Records before the Message, options included', async (t) => {
  const rig = new SessionRig();
  const { session } = rig;
  // 30 announced elements, a description of the exporter, three statistics.
  session.start(nowMs);
  const started = rig.sent.length;
  // The first Message has the flow keys of the Template, too.
  for (let i = 0; i < 20; i++) session.export(natFlow(), nowMs);
  session.tick(nowMs + 500);
  session.export(natFlow(), nowMs + 600);
  session.stop(nowMs + 700);
  session.start(nowMs + 800);
  t.same(
    rig.sent.slice(started, started + 2).map((message) => message.length),
    // 124 of the Template, 32 of the flow keys; ten records fit with them, and ten are left.
    [16 + 124 + 32 + 4 + 10 * 119, 16 + 4 + 10 * 119],
  );
  t.equal(rig.sequences[0], 0);
  t.same(rig.sequences.slice(started, started + 4), [34, 34 + 1 + 10, 34 + 1 + 20, 0]);
});

t.test('sequence numbers of NetFlow v9 count Messages, its header all records', async (t) => {
  const rig = new SessionRig({ protocol: 'netflow9' });
  const { session } = rig;
  session.start(nowMs);
  for (let i = 0; i < 20; i++) session.export(natFlow(), nowMs);
  session.stop(nowMs);
  t.same(rig.sequences, [0, 1, 2]);
  // Four options: a Template Record and a Data Record each. Then Template, options Template, flow keys; statistics at the end.
  t.same(
    rig.sent.map((message) => viewOf(message).getUint16(2)),
    [8, 3 + 14, 6 + 6],
  );
});

t.test('what a Message carries', async (t) => {
  const rig = new SessionRig();
  rig.session.start(nowMs);
  t.same(rig.contents[0], { flowRecords: 0, packets: 0, octets: 0 });
  rig.session.export(natFlow(), nowMs);
  rig.session.export(natFlow({ form: 'event' }), nowMs);
  rig.session.stop(nowMs);
  t.same(rig.contents.at(-1), { flowRecords: 2, packets: 18, octets: 10_000 });
});

t.test('records that do not fit in a Message open the next', async (t) => {
  const rig = new SessionRig();
  const { session } = rig;
  session.start(nowMs);
  session.export(natFlow(), nowMs);
  session.tick(nowMs + 500);
  const before = rig.sent.length;
  // 119 octets a record.
  session.payloadBytes = 16 + 4 + 2 * 119;
  for (let i = 0; i < 4; i++) session.export(natFlow(), nowMs + 600);
  // The open Message, which has two, goes while it may.
  session.payloadBytes -= 1;
  t.equal(rig.sent.length, before + 2);
  for (let i = 0; i < 2; i++) session.export(natFlow(), nowMs + 600);
  session.tick(nowMs + 1100);
  t.same(
    rig.sent.slice(before).map((message) => message.length),
    [258, 258, 139, 139],
  );
  session.payloadBytes = 100;
  t.throws(() => session.export(natFlow(), nowMs + 1200), /does not fit/);
});

t.test(
  'Templates are sent again after a time, after a number of Messages, and in a new session',
  async (t) => {
    const rig = new SessionRig({ templateRefreshMessages: 9 });
    const { session } = rig;
    const send = (atMs: number) =>
      sentBy(rig, () => {
        session.export(natFlow(), atMs);
        session.tick(atMs + 500);
      });
    session.start(nowMs);
    const [id = 0] = send(nowMs).templates;
    t.ok(id >= 256);
    t.equal(sentBy(rig, () => session.tick(nowMs + 59_999)).messages, 0);
    const later = sentBy(rig, () => {
      session.tick(nowMs + 60_000);
      session.tick(nowMs + 60_500);
    });
    t.match(later, { templates: [id], statistics: true }, 'after a time');
    const more = Array.from({ length: 9 }, (_, i) => send(nowMs + 61_000 + i * 1000));
    const again = more.findIndex(({ templates }) => templates.length > 0);
    t.match(more[again], { templates: [id], statistics: false }, 'statistics wait for their time');
    // One Message of the announcement itself was sent after its Templates.
    t.ok(again >= 7, 'after nine Messages');
    t.ok(sentBy(rig, () => session.stop(nowMs + 72_000)).statistics);
    t.match(
      sentBy(rig, () => session.start(nowMs + 73_000)),
      { templates: [id], sequence: 0 },
    );
    const announced = sentBy(rig, () => session.announce(nowMs + 74_000));
    t.same(announced.templates, [id]);
    t.not(announced.sequence, 0, 'the session goes on');
    const other = new SessionRig();
    const { templates } = sentBy(other, () => {
      other.session.export(natFlow(), nowMs);
      other.session.stop(nowMs);
    });
    t.same(templates, [id], 'the same content has the same id everywhere');
  },
);

t.test('names and types of elements go before the Templates and before data', async (t) => {
  const rig = new SessionRig();
  const { session } = rig;
  session.start(nowMs);
  session.export(natFlow({ srcProcess: curl }), nowMs);
  session.tick(nowMs + 500);
  const acts = [
    () => session.announce(nowMs + 1000),
    () => session.start(nowMs + 2000),
    // A new Template comes with its elements again: the collector may have begun to listen since.
    () => session.export(natFlow({ srcProcess: curl, dstProcess: curl }), nowMs + 3000),
  ];
  for (const act of acts) {
    const first = rig.sent.length;
    act();
    session.tick(nowMs + 3500);
    const sets = rig.sent.slice(first).flatMap((_, i) => rig.setsOf(first + i));
    const types = sets.findIndex(({ content }) => Buffer.from(content).includes('sourceProcessCgroup'));
    t.ok(types >= 0);
    t.ok(types < sets.findIndex(({ id }) => id === 2));
  }
});

t.test('uniflow: the reply as it is on the wire', async (t) => {
  const { session, sent, contents } = new SessionRig({ uniflow: true });
  session.start(nowMs);
  session.export(natFlow(), nowMs);
  session.export(natFlow({ form: 'event' }), nowMs);
  session.export(natFlow({ reversePackets: 0, reverseOctets: 0 }), nowMs);
  session.stop(nowMs);
  const rig = new DecoderRig({ groups: ['nat', 'aggregate'] });
  for (const message of sent) rig.send(message, { micros: nowMs * 1000 });
  const ends = rig
    .rows()
    .map((row) => [row.src_addr, row.src_port, row.dst_addr, row.dst_port, row.bytes, row.biflow_direction]);
  const there = ['10.0.0.1', 40000, '192.0.2.9', 443];
  t.same(ends, [
    [...there, 1000n, 1],
    ['192.0.2.9', 443, '203.0.113.5', 61000, 9000n, 2],
    [...there, 0n, 1],
    [...there, 1000n, 1],
  ]);
  const reply = rig.rows()[1];
  t.same(
    [reply?.post_nat_src_addr, reply?.post_nat_dst_addr, reply?.post_nat_dst_port],
    ['192.0.2.9', '10.0.0.1', 40000],
  );
  t.equal(
    contents.reduce((sum, { flowRecords }) => sum + flowRecords, 0),
    4,
  );
});

t.test('Messages are counted where no tick comes between them', async (t) => {
  const rig = new SessionRig({ templateRefreshMessages: 3 });
  rig.session.start(nowMs);
  for (let i = 0; i < 300; i++) rig.session.export(natFlow(), nowMs);
  rig.session.stop(nowMs);
  const withTemplates = rig.sent.flatMap((_, i) => (templatesIn(rig, i).length > 0 ? [i] : []));
  t.ok(rig.sent.length > 12);
  t.ok(withTemplates.length > 3);
  // The announcement itself may have two.
  for (const [i, index] of withTemplates.slice(1).entries())
    t.ok(index - (withTemplates[i] ?? 0) <= 5, `Messages ${withTemplates[i]} and ${index} have them`);
});

t.test('interfaces are named once, when they are known', async (t) => {
  const interfaces: ExportedInterface[] = [];
  const rig = new SessionRig({ interfaces });
  rig.session.start(nowMs);
  const naming = (): number =>
    rig.sent.filter((message) => Buffer.from(message).includes('wan-uplink')).length;
  rig.session.export(natFlow(), nowMs);
  rig.session.announce(nowMs);
  t.equal(naming(), 0);
  interfaces.push({ index: 2, name: 'wan-uplink', description: '' });
  for (let i = 0; i < 3; i++) {
    rig.session.export(natFlow(), nowMs);
    rig.session.tick(nowMs + 10_000 * (i + 1));
  }
  t.equal(naming(), 1);
  rig.session.announce(nowMs + 40_000);
  t.equal(naming(), 2, 'and again with all the rest');
});

t.test(
  'interfaces that a capture describes one by one are each named once, and not more than 512',
  async (t) => {
    const interfaces: ExportedInterface[] = [];
    const rig = new SessionRig({ interfaces, templateRefreshMessages: 100_000 });
    rig.session.start(nowMs);
    for (let index = 1; index <= 600; index++) {
      interfaces.push({
        index,
        name: index === 7 ? '' : `port${String(index).padStart(4, '0')}`,
        description: '',
      });
      rig.session.export(natFlow(), nowMs);
    }
    rig.session.stop(nowMs);
    const named = [
      ...Buffer.concat(rig.sent)
        .toString('latin1')
        .matchAll(/port\d{4}/g),
    ].map(([name]) => name);
    t.equal(named.length, 511, 'one has no name');
    t.equal(new Set(named).size, 511);
  },
);
