import t from 'tap';
import { recordKinds, timeSources } from '../../../collector/store/flow-columns.ts';
import { DecoderRig } from '../../support/decoder-rig.ts';
import {
  exportSeconds,
  ipfix,
  netflow9,
  type Specifier,
  set,
  templateRecord,
  u16,
  u32,
  u64,
} from '../../support/message-hex.ts';
import { briefRow, type Row } from '../../support/row-reader.ts';

const { flow, interim, event } = recordKinds;

const rowsOf = (fields: readonly Specifier[], ...records: readonly string[]): readonly Row[] =>
  new DecoderRig().send(ipfix({}, set(2, templateRecord(256, fields)), set(256, ...records))).rows();
const kinds = (...of: Parameters<typeof rowsOf>): readonly unknown[] =>
  rowsOf(...of).map((row) => row.record_kind);
const rows9 = (fields: readonly Specifier[], ...records: readonly string[]): readonly Row[] =>
  new DecoderRig().send(netflow9({}, set(0, templateRecord(256, fields)), set(256, ...records))).rows();

t.test('counters make a flow, none an event', async (t) => {
  t.same(kinds([[8, 4], [1, 4]], 'c0000201 00000001'), [flow]); // biome-ignore format: short
  t.same(kinds([[8, 4], [2, 4]], 'c0000201 00000000'), [flow]); // biome-ignore format: short
  t.same(kinds([[8, 4]], 'c0000201', 'c0000202'), [event, event]);
});

t.test('flowEndReason 2, active timeout: the flow goes on', async (t) => {
  t.same(kinds([[1, 4], [136, 1]], ...[1, 2, 3, 4, 5].map((reason) => `00000001 0${reason}`)), [flow, interim, flow, flow, flow]); // biome-ignore format: short
  t.same(kinds([[1, 4], [136, 2]], '00000001 0002'), [interim], 'in two octets'); // biome-ignore format: short
  t.same(kinds([[8, 4], [136, 1]], 'c0000201 02'), [event], 'without counters'); // biome-ignore format: short
});

t.test('firewallEvent: only 2 deleted and 5 update can have counters', async (t) => {
  const events = ['00', '01', '02', '03', '04', '05', '06'];
  t.same(kinds([[1, 4], [233, 1]], ...events.map((e) => `00000001 ${e}`)), [flow, event, flow, event, event, interim, event]); // biome-ignore format: short
  t.same(kinds([[8, 4], [233, 1]], ...events.map((e) => `c0000201 ${e}`)), events.map(() => event)); // biome-ignore format: short
});

t.test('totals: bytes of a whole flow, and of nothing else', async (t) => {
  const totals: readonly Specifier[] = [[85, 8], [86, 8], [136, 1]]; // biome-ignore format: short
  const rows = rowsOf(totals, `00000000000003e8 000000000000000a 03`, `00000000000007d0 0000000000000014 02`);
  t.match(rows[0], { record_kind: flow, bytes: 1000n, packets: 10n, total_bytes: 1000n, total_packets: 10n });
  t.match(rows[1], { record_kind: interim, bytes: 0n, packets: 0n, total_bytes: 2000n, total_packets: 20n });
  const [both] = rowsOf([[85, 8], [1, 4], [136, 1]], `00000000000007d0 00000064 02`); // biome-ignore format: short
  t.match(both, { record_kind: interim, bytes: 100n, total_bytes: 2000n }, 'a delta is there');
  const [reverse] = rowsOf([[85, 4], [85, 4, 29305], [86, 4, 29305], [136, 1]], '00000001 00000002 00000003 02'); // biome-ignore format: short
  t.match(reverse, {
    bytes: 0n,
    reverse_bytes: 0n,
    reverse_packets: 0n,
    total_bytes: 1n,
    reverse_total_bytes: 2n,
    reverse_total_packets: 3n,
  });
});

t.test('biflows stay one row', async (t) => {
  const [rfc5103] = rowsOf([[1, 4], [2, 4], [1, 4, 29305], [2, 4, 29305], [6, 1], [6, 1, 29305]], '00000064 00000002 000000c8 00000003 02 12'); // biome-ignore format: short
  t.same(briefRow(rfc5103 as Row), {
    bytes: 100n,
    packets: 2n,
    reverse_bytes: 200n,
    reverse_packets: 3n,
    tcp_flags: 2,
    reverse_tcp_flags: 0x12,
  });
  const [asa] = rowsOf([[231, 4], [232, 4], [298, 4], [299, 4]], '00000064 000000c8 00000002 00000003'); // biome-ignore format: short
  t.same(
    briefRow(asa as Row),
    { bytes: 100n, reverse_bytes: 200n, packets: 2n, reverse_packets: 3n },
    'initiator and responder',
  );
});

// Cisco ASA: NF_F_CONN_ID 148, ports, protocol, NF_F_XLATE 40001-40004, NF_F_FW_EVENT 40005, NF_F_FW_EXT_EVENT 33002, counters 231 and 232.
const nsel: readonly Specifier[] = [[148, 4], [8, 4], [7, 2], [12, 4], [11, 2], [4, 1], [176, 1], [177, 1], [40001, 4], [40002, 4], [40003, 2], [40004, 2], [40005, 1], [33002, 2], [323, 8], [231, 4], [232, 4]]; // biome-ignore format: a record
const nselRecord = (e: number, extended: number, sent: number): string =>
  `0000abcd c0000201 ${u16(50000)} c6336401 ${u16(443)} 06 00 00 cb007101 c6336401 ${u16(61000)} ${u16(443)} 0${e} ${u16(extended)} 0000018df4bf0ec0 ${u32(sent)} ${u32(2 * sent)}`;

t.test('Cisco ASA NSEL events in NetFlow v9', async (t) => {
  const rows = rows9(
    nsel,
    nselRecord(1, 0, 0),
    nselRecord(2, 2030, 100),
    nselRecord(3, 1001, 0),
    nselRecord(5, 0, 50),
  );
  t.same(
    rows.map((row) => row.record_kind),
    [event, flow, event, interim],
  );
  t.same(
    rows.map((row) => row.firewall_event),
    [1, 2, 3, 5],
  );
  t.match(briefRow(rows[1] as Row), {
    src_addr: '192.0.2.1',
    dst_addr: '198.51.100.1',
    src_port: 50000,
    dst_port: 443,
    proto: 6,
    bytes: 100n,
    reverse_bytes: 200n,
    post_nat_src_addr: '203.0.113.1',
    post_nat_dst_addr: '198.51.100.1',
    post_nat_src_port: 61000,
    post_nat_dst_port: 443,
    firewall_event: 2,
    firewall_extended_event: 2030,
    flow_id: 0xabcdn,
  });
  t.same(rows[1]?.extra, {});
});

t.test('the same numbers in IPFIX are other elements', async (t) => {
  const [row] = rowsOf([[8, 4], [233, 1], [225, 4], [227, 2], [230, 1]], 'c0000201 03 cb007101 ee48 04'); // biome-ignore format: short
  t.same(briefRow(row as Row), {
    record_kind: event,
    src_addr: '192.0.2.1',
    firewall_event: 3,
    post_nat_src_addr: '203.0.113.1',
    post_nat_src_port: 61000,
    nat_event: 4,
  });
});

t.test('records of varying length', async (t) => {
  t.same(kinds([[82, 65535], [1, 4], [136, 1], [233, 1]], '02 6162 00000001 02 00', '00 00000001 03 05', '00 00000001 03 01'), [interim, interim, event]); // biome-ignore format: short
});

t.test('a trace of a proxy counts nothing: an event', async (t) => {
  const tuple: readonly Specifier[] = [[323, 8], [8, 4], [12, 4], [7, 2], [11, 2], [4, 1], [225, 4], [226, 4], [227, 2], [228, 2]]; // biome-ignore format: short
  const [row] = rowsOf([...tuple, [30, 65535, 32473]], `${u64(exportSeconds * 1000)} c0000201 c0000264 c350 01bb 06 0a000001 0a000002 9c40 1f90 02 4142`); // biome-ignore format: short
  const micros = BigInt(exportSeconds) * 1_000_000n;
  t.match(row, { record_kind: event, flow_start: micros, flow_end: micros, time_source: timeSources.event, end_reason: 0, firewall_event: 0, flow_id: 0n }); // biome-ignore format: short
});
