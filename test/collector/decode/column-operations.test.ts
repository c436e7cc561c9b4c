import t from 'tap';
import { columnsOfGroups, flowColumns } from '../../../collector/store/flow-columns.ts';
import { resolveElement } from '../../../shared/elements/registry.ts';
import { DecoderRig, type RigOptions } from '../../support/decoder-rig.ts';
import { ipfix, netflow9, type Specifier, set, templateRecord } from '../../support/message-hex.ts';
import { briefRow, type Row } from '../../support/row-reader.ts';

const rowsOf = (
  fields: readonly Specifier[],
  records: readonly string[],
  options: RigOptions = {},
): readonly Row[] =>
  new DecoderRig(options).send(ipfix({}, set(2, templateRecord(256, fields)), set(256, ...records))).rows();
/** What is not empty in the only row, without its kind. */
const brief = (fields: readonly Specifier[], record: string): unknown =>
  briefRow(rowsOf(fields, [record])[0] as Row, 'record_kind');

t.test('reduced-size encoding: every width into every column of integers', async (t) => {
  const octets = 'a1a2a3a4a5a6a7a8';
  const widths = { u8: 1, u16: 2, u32: 4, u64: 8 } as const;
  for (const column of flowColumns) {
    const width = widths[column.storage as keyof typeof widths];
    const [spec] = column.from;
    const element = spec === undefined || column.derived ? undefined : resolveElement(spec);
    if (!width || !element || element.netflow9Only) continue;
    for (let length = 1; length <= 8; length++) {
      const field: Specifier = element.pen === 0 ? [element.id, length] : [element.id, length, element.pen];
      const record = octets.slice(0, 2 * length);
      // Of integers that are longer than the column, the low octets count.
      const expected = BigInt(`0x${record.slice(-2 * width)}`);
      for (const row of rowsOf([field, [210, 1]], [`${record}00`, `${record}00`, `${record}00`])) {
        const cell = row[column.name];
        if (BigInt(cell as number) !== expected)
          t.fail(`${column.name} of ${length} octets is ${cell}, not ${expected}`);
      }
    }
  }
  t.pass();
});

t.test('IPv4 and IPv6 share a column: the one that says something', async (t) => {
  const fields: readonly Specifier[] = [[8, 4], [27, 16]]; // biome-ignore format: short
  const v6 = '20010db8000000000000000000000001';
  const zero6 = '00'.repeat(16);
  const rows = rowsOf(fields, [`c0000201 ${zero6}`, `00000000 ${v6}`, `c0000201 ${v6}`, `00000000 ${zero6}`]);
  t.same(
    rows.map((row) => row.src_addr),
    ['192.0.2.1', '2001:db8::1', '192.0.2.1', '::'],
  );
  t.same(
    rows.map((row) => row.extra),
    [{}, {}, {}, {}],
  );
  t.same(rowsOf([[12, 4]], ['00000000'])[0]?.dst_addr, '0.0.0.0', 'said to be zero');
});

t.test('an address of a strange length', async (t) => {
  t.match(rowsOf([[8, 2], [12, 4]], ['c000 c0000202'])[0], { src_addr: '::', dst_addr: '192.0.2.2', extra: { sourceIPv4Address: '0xc000' } }); // biome-ignore format: short
  t.match(rowsOf([[8, 65535]], ['04 c0000201'])[0], { src_addr: '192.0.2.1' });
  t.match(rowsOf([[27, 65535], [8, 65535]], [`10 ${'20'.repeat(16)} 02 c000`])[0], { src_addr: '2020:2020:2020:2020:2020:2020:2020:2020' }); // biome-ignore format: short
});

t.test('ICMP: type and code in one element, or in two', async (t) => {
  t.same(brief([[32, 2]], '0301'), { icmp_type_code: 0x301 });
  t.same(brief([[139, 2]], '8000'), { icmp_type_code: 0x8000 });
  t.same(brief([[176, 1], [177, 1]], '03 01'), { icmp_type_code: 0x301 }); // biome-ignore format: short
  t.same(brief([[178, 1], [179, 1]], '87 02'), { icmp_type_code: 0x8702 }); // biome-ignore format: short
  t.same(brief([[176, 1], [177, 1], [178, 1], [179, 1]], '08 00 00 00'), { icmp_type_code: 0x800 }, 'both families declared'); // biome-ignore format: short
  t.same(brief([[176, 1], [177, 1], [178, 1], [179, 1]], '00 00 80 01'), { icmp_type_code: 0x8001 }); // biome-ignore format: short
  t.match(brief([[32, 2], [176, 1]], '0301 08'), { icmp_type_code: 0x301, extra: { icmpTypeIPv4: '8' } }); // biome-ignore format: short
});

t.test('ICMP echo reply, type 0 and code 0, in memory that was used before', async (t) => {
  const fields: readonly Specifier[] = [[176, 1], [177, 1]]; // biome-ignore format: short
  t.same(rowsOf(fields, ['0000', '0800', '0001']).map((row) => row.icmp_type_code), [0, 0x800, 1]); // biome-ignore format: short
});

t.test('a variable length of 0 beside zeros, in memory that was used before', async (t) => {
  const rows = rowsOf([[27, 65535], [8, 65535], [1, 1]], ['00 04 00000000 01', '00 04 c0000201 01', '00 00 01']); // biome-ignore format: short
  t.same(
    rows.map((row) => row.src_addr),
    ['::', '192.0.2.1', '::'],
  );
});

t.test('direction', async (t) => {
  t.same(rowsOf([[61, 1]], ['00', '01', '02', 'ff']).map((row) => row.direction), [1, 2, 0, 0]); // biome-ignore format: short
  t.equal(rowsOf([[8, 4]], ['c0000201'])[0]?.direction, 0);
});

t.test('the groups', async (t) => {
  t.same(brief([[56, 6], [80, 6], [58, 2], [59, 2]], '020000000001 020000000002 0064 00c8'), { src_mac: 0x020000000001n, dst_mac: 0x020000000002n, src_vlan: 100, dst_vlan: 200 }); // biome-ignore format: short
  t.same(brief([[234, 4], [235, 4]], '60000001 60000002'), { vrf_in: 0x60000001, vrf_out: 0x60000002 }); // biome-ignore format: short
  t.same(brief([[18, 4], [129, 4], [128, 4]], 'c00002fe 0000fde8 0000fde9'), { bgp_next_hop: '192.0.2.254', src_peer_as: 65000, dst_peer_as: 65001 }); // biome-ignore format: short
  t.same(brief([[95, 4]], '0d000001'), { app: 0x0d000001n });
  t.same(brief([[52, 1], [53, 1], [31, 3]], '40 80 012345'), { ttl_min: 64, ttl_max: 128, flow_label: 0x12345 }); // biome-ignore format: short
  t.same(brief([[168, 4, 35632], [425, 4, 35632]], '00000101 000003e8'), { process_id: 257, process_uid: 1000 }); // biome-ignore format: short
});

t.test('NetFlow v9 elements outside IANA are no IPFIX elements of that number', async (t) => {
  const fields: readonly Specifier[] = [[8, 4], [33002, 2]]; // biome-ignore format: short
  const row = new DecoderRig()
    .send(netflow9({}, set(0, templateRecord(256, fields)), set(256, 'c0000201 07ee')))
    .row();
  t.equal(row.firewall_extended_event, 2030);
});

t.test('a group that is off has no columns', async (t) => {
  t.notOk(columnsOfGroups(['nat']).some((column) => column.group === 'mpls'));
  t.match(rowsOf([[70, 3]], ['000010'], { groups: ['nat'] })[0], {
    extra: { mplsTopLabelStackSection: '0x000010' },
  });
});
