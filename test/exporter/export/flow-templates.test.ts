import t from 'tap';
import { compileEncoder } from '../../../exporter/export/compile-encoder.ts';
import type { ExportSettings } from '../../../exporter/export/export-settings.ts';
import { type FlowField, makeFlowFields } from '../../../exporter/export/flow-templates.ts';
import { shapeBits as b } from '../../../exporter/export/record-shape.ts';
import { announcedElements } from '../../../exporter/export/type-information.ts';
import { reversePen } from '../../../shared/elements/registry.ts';
import { variableLength } from '../../../shared/protocol/template.ts';
import { natFlow } from '../../support/flow-records.ts';

const ownPen = 32473;

type Protocol = ExportSettings['protocol'];

const fieldsOf = (protocol: Protocol, shape: number): readonly FlowField[] =>
  makeFlowFields({ protocol, bootMs: 0, pen: ownPen })(shape);

const prefixes = new Map([
  [0, ''],
  [reversePen, 'R'],
  [35632, 'N'],
  [ownPen, 'O'],
]);

/** Ids and lengths in order, as `152/8`; R: reverse elements, N: ntop's, O: our own; v: of variable length. Flow Keys have a star. */
const listOf = (protocol: Protocol, shape: number): string =>
  fieldsOf(protocol, shape)
    .map(({ pen, id, lengthBytes, isKey }) => {
      const prefix = prefixes.get(pen) ?? `${pen}:`;
      return `${prefix}${id}/${lengthBytes === variableLength ? 'v' : lengthBytes}${isKey ? '*' : ''}`;
    })
    .join(' ');

const conntrack = b.conntrack | b.flow | b.start | b.counters;
const packets = b.flow | b.start | b.counters;
const aggregate = b.aggregate | b.start | b.counters;

const ends4 = '8/4* 12/4* 7/2* 11/2* 4/1*';
const ends6 = '27/16* 28/16* 7/2* 11/2* 4/1*';
const icmp4 = '8/4* 12/4* 32/2* 4/1*';
const nat4 = '225/4 226/4 227/2 228/2';
const nat6 = '281/16 282/16 227/2 228/2';
const source = 'N168/4 N425/4 O10/4 O12/8 O13/1';
const destination = 'N375/4 N426/4 O20/4 O22/8 O23/1';
const sourceTexts = 'N169/v N372/v N556/v N558/v O11/v';
const destinationTexts = 'N376/v N377/v N557/v N559/v O21/v';
const traceTexts = 'O30/v O31/v O32/v O35/v';
const counters = '85/8 86/8 R85/8 R86/8 1/8 2/8 R1/8 R2/8';
const v9Counters = '85/8 86/8 1/8 2/8 232/8 299/8';
const counts = '3/8 375/8 376/8 377/8 378/8 379/8';

const templates: readonly (readonly [protocol: Protocol, shape: number, list: string])[] = [
  ['ipfix', conntrack, `152/8 153/8 ${ends4} ${counters} 136/1 233/1 148/8`],
  [
    'ipfix',
    conntrack | b.tcp | b.translated | b.tagged,
    `152/8 153/8 ${ends4} ${nat4} ${counters} R6/2 6/2 136/1 233/1 148/8 234/4* 21373:4/4`,
  ],
  [
    'ipfix',
    conntrack | b.ipv6 | b.translated | b.postIpv6,
    `152/8 153/8 ${ends6} 281/16 282/16 227/2 228/2 ${counters} 136/1 233/1 148/8`,
  ],
  [
    'ipfix',
    conntrack | b.icmp | b.translated,
    `152/8 153/8 ${icmp4} 225/4 226/4 ${counters} 136/1 233/1 148/8`,
  ],
  [
    'ipfix',
    conntrack | b.icmp | b.ipv6,
    `152/8 153/8 27/16* 28/16* 139/2* 4/1* ${counters} 136/1 233/1 148/8`,
  ],
  ['ipfix', b.flow | b.conntrack, `153/8 ${ends4} 136/1 233/1 148/8`],
  ['ipfix', b.event | b.conntrack | b.tcp, `323/8 ${ends4} R6/2 6/2 233/1 148/8`],
  ['ipfix', b.natEvent | b.conntrack | b.translated, `323/8 230/1 ${ends4} ${nat4} 148/8`],
  [
    'ipfix',
    b.natEvent | b.conntrack | b.translated | b.ipv6 | b.postIpv6 | b.tagged,
    `323/8 230/1 ${ends6} 281/16 282/16 227/2 228/2 148/8 234/4*`,
  ],
  ['ipfix', packets, `152/8 153/8 ${ends4} ${counters} 136/1 148/8 5/1`],
  [
    'ipfix',
    packets | b.tcp | b.interface | b.vlan | b.innerVlan | b.details,
    `152/8 153/8 ${ends4} ${counters} R6/2 6/2 136/1 148/8 5/1 10/4 243/2 245/2 25/2 26/2 52/1 53/1`,
  ],
  ['ipfix', aggregate, `152/8 153/8 44/4* 9/1* 45/4* 13/1* 11/2* 4/1* 1/8 2/8 R1/8 R2/8 ${counts}`],
  [
    'ipfix',
    aggregate | b.ipv6,
    `152/8 153/8 170/16* 29/1* 169/16* 30/1* 11/2* 4/1* 1/8 2/8 R1/8 R2/8 ${counts}`,
  ],
  [
    'ipfix',
    conntrack | b.tcp | b.forward,
    `152/8 153/8 ${ends4} 85/8 86/8 1/8 2/8 6/2 136/1 233/1 148/8 239/1`,
  ],
  ['ipfix', packets | b.details | b.reverse, `152/8 153/8 ${ends4} 85/8 86/8 1/8 2/8 136/1 148/8 239/1`],
  ['ipfix', aggregate | b.reverse, '152/8 153/8 44/4* 9/1* 45/4* 13/1* 7/2* 4/1* 1/8 2/8 378/8 379/8 239/1'],
  [
    'ipfix',
    conntrack | b.srcProcess | b.dstProcess,
    `152/8 153/8 ${ends4} ${counters} 136/1 233/1 148/8 ${source} ${destination} ${sourceTexts} ${destinationTexts}`,
  ],
  [
    'ipfix',
    b.event | b.conntrack | b.ipv6 | b.srcProcess,
    `323/8 ${ends6} 233/1 148/8 ${source} ${sourceTexts}`,
  ],
  [
    'ipfix',
    b.event | b.conntrack | b.dstProcess,
    `323/8 ${ends4} 233/1 148/8 ${destination} ${destinationTexts}`,
  ],
  ['ipfix', b.trace | b.translated | b.clientIpv4, `323/8 ${ends4} ${nat4} O33/4 ${traceTexts}`],
  ['ipfix', b.trace, `323/8 ${ends4} ${traceTexts}`],
  // In front IPv6, behind IPv4, and the other way round.
  ['ipfix', b.trace | b.translated | b.ipv6 | b.clientIpv6, `323/8 ${ends6} ${nat4} O34/16 ${traceTexts}`],
  ['ipfix', b.trace | b.translated | b.postIpv6, `323/8 ${ends4} ${nat6} ${traceTexts}`],
  // With `uniflow` a trace has no direction, as a NAT event has none.
  ['ipfix', b.trace | b.translated | b.forward, `323/8 ${ends4} ${nat4} ${traceTexts}`],
  [
    'netflow9',
    conntrack | b.srcProcess | b.dstProcess,
    `152/8 153/8 ${ends4} ${v9Counters} 136/1 233/1 148/8 57640/4 57897/4 57641/16 57847/4 57898/4 57848/16`,
  ],
  ['netflow9', b.trace | b.translated | b.clientIpv4, `323/8 ${ends4} ${nat4}`],
  [
    'netflow9',
    conntrack | b.tcp | b.translated | b.tagged | b.uptime,
    `22/4 21/4 ${ends4} ${nat4} ${v9Counters} 6/1 136/1 233/1 148/8 234/4*`,
  ],
  ['netflow9', conntrack, `152/8 153/8 ${ends4} ${v9Counters} 136/1 233/1 148/8`],
  ['netflow9', b.flow | b.conntrack | b.uptime, `21/4 ${ends4} 136/1 233/1 148/8`],
  ['netflow9', conntrack | b.forward, `152/8 153/8 ${ends4} 85/8 86/8 1/8 2/8 136/1 233/1 148/8 239/1`],
  [
    'netflow9',
    aggregate | b.uptime,
    `22/4 21/4 44/4* 9/1* 45/4* 13/1* 11/2* 4/1* 1/8 2/8 232/8 299/8 ${counts}`,
  ],
];

t.test('the Templates', async (t) => {
  for (const [protocol, shape, list] of templates)
    t.equal(listOf(protocol, shape), list, `${protocol} ${shape.toString(2)}`);
});

/** Names of the faults of a Template that `fields` make. */
const faultsOf = (protocol: Protocol, fields: readonly FlowField[]): string[] => {
  const names = fields.map(({ pen, id }) => `${pen}/${id}`);
  const texts = fields.filter(({ lengthBytes }) => lengthBytes === variableLength);
  const faults: string[] = [];
  if (new Set(names).size !== names.length) faults.push('an element twice');
  if (protocol === 'netflow9' && (texts.length > 0 || names.some((name) => !name.startsWith('0/'))))
    faults.push('an enterprise or a variable length in NetFlow v9');
  if (texts.some((text) => fields.indexOf(text) < fields.length - texts.length))
    faults.push('a field after a text');
  // flowKeyIndicator can tell of so many.
  if (fields.findLastIndex(({ isKey }) => isKey) > 52) faults.push('a Flow Key that cannot be told of');
  return faults;
};

t.test('what no shape has', async (t) => {
  const faults = new Set<string>();
  for (const protocol of ['ipfix', 'netflow9'] as const) {
    const find = makeFlowFields({ protocol, bootMs: 0, pen: ownPen });
    const processes = b.srcProcess | b.dstProcess;
    for (const more of [
      ...[0, b.uptime, b.forward | b.postIpv6],
      ...[b.reverse | processes, b.uptime | b.reverse | b.postIpv6 | processes],
    ]) {
      for (let bits = more; bits < more + b.uptime; bits += 16) {
        for (const form of [b.flow, b.event, b.natEvent, b.aggregate, b.trace | b.clientIpv6])
          for (const fault of faultsOf(protocol, find(bits | form))) faults.add(`${protocol}: ${fault}`);
      }
    }
  }
  t.same([...faults], []);
});

t.test('elements of enterprises are announced, with the type that they are written as', async (t) => {
  const lengths: Readonly<Record<string, number>> = {
    unsigned8: 1,
    unsigned32: 4,
    unsigned64: 8,
    ipv4Address: 4,
    ipv6Address: 16,
    string: variableLength,
  };
  const announced = new Map(
    announcedElements(ownPen).map(({ pen, id, dataType }) => [`${pen}/${id}`, lengths[dataType]]),
  );
  const sent = [
    conntrack | b.tagged | b.srcProcess | b.dstProcess,
    b.trace | b.clientIpv4 | b.clientIpv6,
  ].flatMap((shape) => fieldsOf('ipfix', shape).filter(({ pen }) => pen !== 0 && pen !== reversePen));
  t.equal(sent.length, 1 + 20 + 6);
  for (const { pen, id, lengthBytes } of sent)
    t.equal(announced.get(`${pen}/${id}`), lengthBytes, `${pen}/${id}`);
});

t.test('uptimes are milliseconds since the boot, modulo 2^32', async (t) => {
  const bootMs = 1_704_067_200_000;
  const encode = compileEncoder(
    makeFlowFields({ protocol: 'netflow9', bootMs, pen: ownPen })(packets | b.uptime)
      .filter((field) => 'write' in field)
      .slice(0, 2),
  );
  const view = new DataView(new ArrayBuffer(8));
  const times = { startMicros: (bootMs - 2) * 1000, endMicros: (bootMs + 2 ** 32 + 5) * 1000 + 999 };
  encode(view, 0, natFlow(times));
  t.same([view.getUint32(0), view.getUint32(4)], [2 ** 32 - 2, 5], '22 and 21');
});
