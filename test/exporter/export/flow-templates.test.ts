import t from 'tap';
import type { ExportSettings } from '../../../exporter/export/export-settings.ts';
import { type FlowField, makeFlowFields } from '../../../exporter/export/flow-templates.ts';
import { shapeBits as b } from '../../../exporter/export/record-shape.ts';
import { reversePen } from '../../../shared/elements/registry.ts';
import { natFlow } from '../../support/flow-records.ts';

type Protocol = ExportSettings['protocol'];

const fieldsOf = (protocol: Protocol, shape: number): readonly FlowField[] =>
  makeFlowFields({ protocol, bootMs: 0 })(shape);

/** Ids and lengths in order, as `152/8`; R: reverse elements. Flow Keys have a star. */
const listOf = (protocol: Protocol, shape: number): string =>
  fieldsOf(protocol, shape)
    .map(({ pen, id, lengthBytes, isKey }) => {
      const prefix = pen === reversePen ? 'R' : pen === 0 ? '' : `${pen}:`;
      return `${prefix}${id}/${lengthBytes}${isKey ? '*' : ''}`;
    })
    .join(' ');

const conntrack = b.conntrack | b.flow | b.start | b.counters;
const packets = b.flow | b.start | b.counters;
const aggregate = b.aggregate | b.start | b.counters;

const ends4 = '8/4* 12/4* 7/2* 11/2* 4/1*';
const ends6 = '27/16* 28/16* 7/2* 11/2* 4/1*';
const icmp4 = '8/4* 12/4* 32/2* 4/1*';
const nat4 = '225/4 226/4 227/2 228/2';
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
    conntrack | b.ipv6 | b.translated,
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
    b.natEvent | b.conntrack | b.translated | b.ipv6 | b.tagged,
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

t.test('no shape has an element twice, or an enterprise in NetFlow v9', async (t) => {
  const faults: string[] = [];
  for (const protocol of ['ipfix', 'netflow9'] as const) {
    const find = makeFlowFields({ protocol, bootMs: 0 });
    for (const ofSession of [0, b.forward, b.reverse, b.uptime, b.uptime | b.reverse]) {
      for (let bits = 0; bits < b.uptime; bits += 16) {
        for (const form of [b.flow, b.event, b.natEvent, b.aggregate]) {
          const names = find(bits | form | ofSession).map(({ pen, id }) => `${pen}/${id}`);
          const isSaid = protocol === 'ipfix' || names.every((name) => name.startsWith('0/'));
          if (new Set(names).size !== names.length || !isSaid) faults.push(`${protocol}: ${names}`);
        }
      }
    }
  }
  t.same(faults, []);
});

t.test('uptimes are milliseconds since the boot, modulo 2^32', async (t) => {
  const bootMs = 1_704_067_200_000;
  const fields = makeFlowFields({ protocol: 'netflow9', bootMs })(packets | b.uptime);
  const view = new DataView(new ArrayBuffer(8));
  const times = { startMicros: (bootMs - 2) * 1000, endMicros: (bootMs + 2 ** 32 + 5) * 1000 + 999 };
  fields[0]?.write(view, 0, natFlow(times));
  fields[1]?.write(view, 4, natFlow(times));
  t.same([fields[0]?.id, view.getUint32(0)], [22, 2 ** 32 - 2]);
  t.same([fields[1]?.id, view.getUint32(4)], [21, 5]);
});
