import t from 'tap';
import { MessageWriter } from '../../../exporter/export/message-writer.ts';
import { hexBytes } from '../../support/capture-builder.ts';
import { makeExportSettings, rigMs } from '../../support/session-rig.ts';

const writerOf = (protocol: 'ipfix' | 'netflow9', payloadBytes: number, bootMs = rigMs - 1000) => {
  const sent: string[] = [];
  const settings = makeExportSettings({ protocol, bootMs });
  const writer = new MessageWriter(settings, payloadBytes, (message) =>
    sent.push(Buffer.from(message).toString('hex')),
  );
  const put = (setId: number, content: string, nowMs = rigMs): void => {
    const octets = hexBytes(content);
    const at = writer.place(setId, octets.length, nowMs);
    writer.bytes.set(octets, at);
    writer.endRecord(at + octets.length);
  };
  return { writer, sent, put };
};

const hex = (text: string): string => text.replace(/\s/g, '');

t.test('IPFIX: records with one id share a Set, and are counted', async (t) => {
  const { writer, sent, put } = writerOf('ipfix', 100);
  put(2, 'aaaa');
  put(300, 'b0');
  put(300, 'b1');
  put(301, 'cccccc');
  writer.flush(rigMs + 999);
  put(300, 'b2');
  writer.flush(rigMs + 1000);
  writer.flush(rigMs + 1000);
  t.same(sent, [
    hex('000a 0023 65920080 00000000 00000007  0002 0006 aaaa  012c 0006 b0 b1  012d 0007 cccccc'),
    // Three Data Records went before; the Template Record does not count.
    hex('000a 0015 65920081 00000003 00000007  012c 0005 b2'),
  ]);
  writer.reset();
  put(300, 'b3');
  writer.flush(rigMs);
  t.equal(sent[2], hex('000a 0015 65920080 00000000 00000007  012c 0005 b3'));
});

t.test('NetFlow v9: uptime of the whole second, records of all kinds, Messages, padding', async (t) => {
  const { writer, sent, put } = writerOf('netflow9', 100);
  put(0, 'aaaa');
  put(300, 'b0');
  put(300, 'b1');
  writer.flush(rigMs + 999);
  put(300, 'b2b2b2b2');
  writer.flush(rigMs + 1000);
  t.same(sent, [
    hex('0009 0003 000003e8 65920080 00000000 00000007  0000 0008 aaaa 0000  012c 0008 b0 b1 0000'),
    hex('0009 0001 000007d0 65920081 00000001 00000007  012c 0008 b2b2b2b2'),
  ]);
});

t.test('NetFlow v9: the uptime has 32 bits, even before the boot', async (t) => {
  const uptimeOf = (bootMs: number): string | undefined => {
    const { writer, sent, put } = writerOf('netflow9', 100, bootMs);
    put(300, 'b0');
    writer.flush(rigMs);
    return sent[0]?.slice(8, 16);
  };
  t.equal(uptimeOf(rigMs - 2 ** 32 - 5), '00000005');
  t.equal(uptimeOf(rigMs + 500), 'fffffe0c');
});

t.test('a Message is never longer than allowed, padding included', async (t) => {
  const lengthsOf = (protocol: 'ipfix' | 'netflow9', payloadBytes: number): number[] => {
    const { writer, sent, put } = writerOf(protocol, payloadBytes);
    for (let i = 0; i < 4; i++) put(300, 'aabbcc');
    writer.flush(rigMs);
    return sent.map((message) => message.length / 2);
  };
  t.same(lengthsOf('ipfix', 26), [26, 26]);
  t.same(lengthsOf('ipfix', 25), [23, 23, 23, 23]);
  t.same(lengthsOf('netflow9', 32), [32, 32]);
  t.same(lengthsOf('netflow9', 31), [28, 28, 28, 28]);
  t.throws(() => lengthsOf('netflow9', 27), /a record of 3 octets does not fit into 27/);
});

t.test('a Set that would only fit without its header opens the next Message', async (t) => {
  const { writer, sent, put } = writerOf('ipfix', 16 + 5 + 4);
  put(300, 'aa');
  put(301, 'bb');
  writer.flush(rigMs);
  t.same(
    sent.map((message) => message.slice(32)),
    ['012c0005aa', '012d0005bb'],
  );
});

t.test('a Message that will be too long goes at once', async (t) => {
  const { writer, sent, put } = writerOf('ipfix', 100);
  put(300, 'aabbcc', rigMs + 7000);
  writer.payloadBytes = 23;
  t.same(sent, []);
  writer.payloadBytes = 22;
  t.same(sent, [hex('000a 0017 65920087 00000000 00000007  012c 0007 aabbcc')]);
  t.ok(writer.isEmpty);
  t.equal(writer.payloadBytes, 22);
});

t.test('its contents go with a Message, and are counted anew', async (t) => {
  const contents: unknown[] = [];
  const writer = new MessageWriter(makeExportSettings(), 100, (_, content) => contents.push(content));
  for (const flowRecords of [2, 0]) {
    writer.endRecord(writer.place(300, 1, rigMs) + 1);
    writer.flowRecords += flowRecords;
    writer.packets += 3 * flowRecords;
    writer.octets += 100 * flowRecords;
    writer.flush(rigMs);
  }
  t.same(contents, [
    { flowRecords: 2, packets: 6, octets: 200 },
    { flowRecords: 0, packets: 0, octets: 0 },
  ]);
});

t.test('how large a record may be, to the octet', async (t) => {
  for (const [protocol, room] of [
    ['ipfix', 101 - 16 - 4],
    // With its Set padded to four octets.
    ['netflow9', 100 - 20 - 4],
  ] as const) {
    const { writer } = writerOf(protocol, 101);
    t.equal(writer.roomBytes, room);
    t.throws(() => writer.place(300, room + 1, rigMs), /does not fit/);
    t.ok(writer.place(300, room, rigMs) > 0);
  }
});
