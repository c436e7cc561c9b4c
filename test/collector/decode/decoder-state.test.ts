import t from 'tap';
import { Decoder } from '../../../collector/decode/decode-datagram.ts';
import { readDecoderState } from '../../../collector/decode/decoder-state.ts';
import { waitingSetBytes } from '../../../collector/decode/limits.ts';
import { DecoderRig, receivedMicros } from '../../support/decoder-rig.ts';
import { announcement } from '../../support/element-announcement.ts';
import {
  exportSeconds,
  ipfix,
  netflow9,
  optionsRecord,
  set,
  templateRecord,
  u32,
} from '../../support/message-hex.ts';

const asWritten = (rig: DecoderRig): unknown => JSON.parse(JSON.stringify(rig.decoder.save()));

const small = (): DecoderRig => {
  const rig = new DecoderRig({ extraKeys: 1 });
  const flow = templateRecord(256, [[1, 4], [65000, 2], [65001, 1]]); // biome-ignore format: short
  rig.send(netflow9({ sequence: 5 }, set(0, flow)), { port: 1000 });
  rig.send(netflow9({ sequence: 6 }, set(0, flow)), { port: 2000 });
  rig.send(netflow9({ sequence: 9 }, set(256, '00000001 0203 04 00')), { port: 1000 });
  rig.send(netflow9({ sequence: 10, uptimeMs: 7 }, set(400, '00ff')), { port: 1000 });
  rig.send(ipfix({ domain: 3 }, set(3, optionsRecord(300, [[48, 1]], [[50, 4]])), set(300, `05 ${u32(100)}`), set(1))); // biome-ignore format: short
  rig.send(
    ipfix({ domain: 3, sequence: 1 }, ...announcement([32473, 7, 2, 'score'], [32473, 8, 99, 'score'])),
  );
  return rig;
};

const noSums = { missing: 0, reordered: 0, duplicate: 0, unknown: 0, restarts: 0 };
const heard = { firstHeardMicros: receivedMicros, lastHeardMicros: receivedMicros, clockOffsetMs: 2000 };
const smallState = {
  datagrams: 6,
  evicted: 0,
  departed: { numbers: {}, reasons: [] },
  domains: [
    {
      exporter: '00000000000000000000ffffc0000209',
      domain: 7,
      version: 9,
      ...heard,
      systemInitMs: 0,
      optionsHour: 0,
      optionsRows: 0,
      counters: {
        numbers: {
          datagrams: 4,
          decoded: 4,
          dataSets: 2,
          dataSetsDecoded: 1,
          dataSetsKept: 1,
          dataSetsWaiting: 1,
          flowRecords: 1,
          templates: 2,
        },
        reasons: [],
      },
      departed: noSums,
      sampling: { rate: 0, refused: 0, lastRate: 1, lastSource: 0, samplers: [] },
      elements: [],
      elementChanges: [0, 0],
      newest: [0],
      sessions: [
        {
          port: 1000,
          lastHeardMicros: receivedMicros,
          templates: [0],
          sequence: {
            ...noSums,
            missing: 3,
            expected: 11,
            heard: true,
            bootMs: exportSeconds * 1000 - 7,
            gaps: [[6, 3]],
          },
        },
        {
          port: 2000,
          lastHeardMicros: receivedMicros,
          templates: [0],
          sequence: { ...noSums, expected: 7, heard: true, bootMs: exportSeconds * 1000 - 0x1000, gaps: [] },
        },
      ],
      templates: [
        {
          version: 9,
          id: 256,
          scopeCount: null,
          fields: [0, 1, 4, 0, 65000, 2, 0, 65001, 1],
          lastUsedMicros: receivedMicros,
        },
      ],
      waiting: [
        {
          templateId: 400,
          version: 9,
          exporterPort: 1000,
          sequence: 10,
          exportSeconds,
          sysUptimeMs: 7,
          receivedMicros,
          datagram: 3,
          octets: 'AP8=',
        },
      ],
    },
    {
      exporter: '00000000000000000000ffffc0000209',
      domain: 3,
      version: 10,
      ...heard,
      systemInitMs: 0,
      optionsHour: 0,
      optionsRows: 0,
      counters: {
        numbers: {
          datagrams: 2,
          decoded: 1,
          partly: 1,
          dataSets: 2,
          dataSetsDecoded: 2,
          optionsRecords: 3,
          templates: 2,
        },
        reasons: [['reserved-set', 1]],
      },
      departed: noSums,
      sampling: { rate: 0, refused: 0, lastRate: 1, lastSource: 0, samplers: [[5, 100]] },
      elements: [[32473, 7, 'unsigned16', 'score'], [32473, 8, null, 'score']], // biome-ignore format: short
      elementChanges: [0, 0],
      newest: [0, 1],
      sessions: [
        {
          port: 50000,
          lastHeardMicros: receivedMicros,
          templates: [0, 1],
          sequence: { ...noSums, expected: 3, heard: true, bootMs: 0, gaps: [] },
        },
      ],
      templates: [
        {
          version: 10,
          id: 300,
          scopeCount: 1,
          fields: [0, 48, 1, 0, 50, 4],
          lastUsedMicros: receivedMicros,
        },
        {
          version: 10,
          id: 999,
          scopeCount: 2,
          fields: [0, 346, 4, 0, 303, 2, 0, 339, 1, 0, 341, 65535],
          lastUsedMicros: receivedMicros,
        },
      ],
      waiting: [],
    },
  ],
  sink: { extraKeys: ['v9.65000'], extraKeysRefused: 1, recordsDropped: 0 },
};

t.test('what is saved', async (t) => {
  t.strictSame(asWritten(small()), smallState);
});

t.test('what is restored: Templates are shared again, and what waits takes its room', async (t) => {
  const rig = new DecoderRig({ extraKeys: 1 });
  const gone = { numbers: { datagrams: 9 }, reasons: [['set-length', 3]] };
  const more = { systemInitMs: 5, optionsHour: 6, optionsRows: 7, departed: { ...noSums, missing: 8 } };
  const state = {
    ...smallState,
    evicted: 4,
    departed: gone,
    domains: [smallState.domains[0], { ...smallState.domains[1], ...more }],
  };
  rig.decoder.restore(state);
  t.strictSame(asWritten(rig), state);
  const [first, second] = rig.decoder.domains;
  t.equal(rig.decoder.domains.size, 2);
  const [own, other] = [...(first?.sessions.values() ?? [])].map((s) => s.templates.get(256));
  t.equal(own, other);
  t.match(own, { holders: 3, plan: undefined, template: { minBytes: 7, hasVariable: false } });
  t.equal(first?.newest.get(256), own);
  t.match(first, { templateFields: 3, waitingBytes: 2 + waitingSetBytes });
  t.equal(rig.decoder.waiting.bytes, 2 + waitingSetBytes);
  t.equal(second?.sampling.common, 100);
  t.match([7, 8].map((id) => second?.findAnnounced(32473, id)), [{ name: 'score', dataType: 'unsigned16' }, { name: '' }]); // biome-ignore format: short
  t.same([...(first?.exporterWords ?? [])], [0, 0, 0xffff0000, 0x090200c0]);
  rig.send(netflow9({ sequence: 11 }, set(0, templateRecord(400, [[1, 2]])), set(256, '00000007 0203 04 00')), { port: 1000, micros: receivedMicros + 5 }); // biome-ignore format: short
  t.match(rig.rows(), [
    { bytes: 255n, received: BigInt(receivedMicros + 5), exporter: '192.0.2.9', domain: 7, version: 9 },
    { bytes: 7n, extra: { 'v9.65000': '0x0203' } },
  ]);
  t.equal(rig.decoder.waiting.bytes, 0);
});

t.test('a NetFlow v9 exporter that sends its Templates every 30 minutes', async (t) => {
  const rig = new DecoderRig();
  rig.send(netflow9({ sequence: 1 }, set(0, templateRecord(256, [[1, 4]])))); // biome-ignore format: short
  const next = new DecoderRig();
  next.decoder.restore(asWritten(rig));
  next.send(netflow9({ sequence: 2 }, set(256, u32(7))), { micros: receivedMicros + 29 * 60e6 });
  t.match(next.row(), { bytes: 7n });
  t.match([...next.decoder.domains][0]?.sequenceSums(), { missing: 0, unknown: 0 });
});

t.test('the domain of a restored exporter is made known to the sink', async (t) => {
  const known: number[] = [];
  const sink = { flowRecords: () => undefined, optionsRecords: () => undefined };
  const decoder = new Decoder({ ...sink, domain: ({ domain }) => known.push(domain) });
  decoder.restore({ ...smallState, sink: null });
  t.same(known, [7, 3]);
  t.equal(decoder.save().sink, null);
});

t.test('a state of before elements were remembered', async (t) => {
  const domains = smallState.domains.map(({ elements, elementChanges, ...rest }) => rest);
  const rig = new DecoderRig();
  rig.decoder.restore(JSON.parse(JSON.stringify({ ...smallState, domains })));
  t.same([...rig.decoder.domains].map(({ elements }) => elements.size), [0, 0]); // biome-ignore format: short
});

t.test('what is no state of a decoder changes nothing', async (t) => {
  const text = JSON.stringify(smallState);
  const domain = (more: object) => ({ ...smallState, domains: [{ ...smallState.domains[0], ...more }] });
  const template = smallState.domains[0]?.templates[0];
  const wrong: readonly (readonly [state: unknown, problem: string])[] = [
    [undefined, ' is not an object'],
    [[], ' is not an object'],
    [JSON.parse(text.replace('"datagrams":6', '"datagrams":"6"')), '.datagrams is not a number'],
    [{ ...smallState, domains: {} }, '.domains is not a list'],
    [{ ...smallState, sink: {} }, '.sink.extraKeys is not a list'],
    [
      JSON.parse(text.replace('["reserved-set",1]', '["no-such",1]')),
      '.domains[1].counters.reasons[0] is not a reason',
    ],
    [domain({ exporter: '00' }), '.domains[0].exporter is not 16 octets in hex'],
    [domain({ version: 7 }), '.domains[0].version is not one of 5, 9, 10'],
    [domain({ newest: [1] }), '.domains[0] has a Template that is not there'],
    [domain({ elementChanges: [1] }), '.domains[0].elementChanges is not a pair'],
    [domain({ elements: [[1, 1, 'string']] }), '.domains[0].elements[0] is not an element'],
    [domain({ elements: [[1, 1, 'text', 'a']] }), '.domains[0].elements[0] is not a type'],
    [domain({ elements: [[1, 1, 'string', 'a b']] }), '.domains[0].elements[0] is not a name'],
    [
      domain({ templates: [{ ...template, fields: [0, 1, 0] }] }),
      '.domains[0].templates[0].fields is not the fields of a Template',
    ],
    [
      domain({ templates: [{ ...template, fields: [0, 1] }] }),
      '.domains[0].templates[0].fields is not the fields of a Template',
    ],
    [
      JSON.parse(text.replace('"port":2000', '"port":65536')),
      '.domains[0].sessions[1].port is not a whole number up to 65535',
    ],
  ];
  for (const [state, problem] of wrong) {
    const rig = new DecoderRig();
    t.throws(() => rig.decoder.restore(state), { message: `decoder state${problem}` });
    t.same(asWritten(rig), asWritten(new DecoderRig()));
  }
  t.throws(() => small().decoder.restore(smallState), { message: 'only a new decoder can be restored' });
});

t.test('counters that came later are 0', async (t) => {
  t.equal(readDecoderState(smallState), smallState as unknown);
  const rig = new DecoderRig();
  rig.decoder.restore(smallState);
  t.match(rig.totals, { optionsRefused: 0, datagrams: 6, templatesExpired: 0 });
});
