/** A small table `flows` on a real ClickHouse, all groups of columns, with names of interfaces and exporters: for filters. */

import type { Test } from 'tap';
import { compileFilter } from '../../collector/filter/compile-filter.ts';
import type { CompiledFilter } from '../../collector/filter/compiled-filter.ts';
import { flowColumns } from '../../collector/store/flow-columns.ts';
import { createFlowTable } from '../../collector/store/flow-table.ts';
import { migrate } from '../../collector/store/migrate.ts';
import { borrowStore } from './borrow-store.ts';

const common = { exporter: '::ffff:192.0.2.254', domain: 7, collector: 'fra1', version: 10 };
const at = '2026-11-21 10:00:00.000000';
const ipv4 = (text: string): string => `::ffff:${text}`;

/** `flow_id` names the row. */
const rows: readonly Readonly<Record<string, unknown>>[] = [
  {
    ...{ flow_id: 1, proto: 6, src_addr: ipv4('10.0.0.1'), src_port: 40_000, dst_addr: ipv4('192.0.2.1') },
    ...{ dst_port: 443, tcp_flags: 0x1b, bytes: 5000, packets: 10, in_if: 1, out_if: 2, src_as: 64_500 },
    ...{ flow_start: at, flow_end: '2026-11-21 10:00:02.000900', time: '2026-11-21 10:00:02' },
    ...{ direction: 'ingress', tos: 184, src_vlan: 100, dst_mask: 24, next_hop: ipv4('192.0.2.7') },
    ...{ post_nat_src_addr: ipv4('203.0.113.7'), post_nat_src_port: 53_500, sampling_rate: 1 },
  },
  {
    ...{ flow_id: 2, proto: 17, src_addr: ipv4('10.0.0.2'), src_port: 5353, dst_addr: ipv4('10.0.0.3') },
    ...{ dst_port: 53, bytes: 100, packets: 1, exporter: ipv4('192.0.2.253'), in_if: 1, collector: 'ber2' },
    ...{ flow_start: at, flow_end: at, time: '2026-11-21 10:00:00', direction: 'egress', sampling_rate: 100 },
  },
  // NetFlow v5: type 8 and code 0 of ICMP are in the destination port.
  { flow_id: 3, proto: 1, src_addr: ipv4('10.0.0.1'), dst_addr: ipv4('10.0.0.9'), dst_port: 2048, bytes: 84 },
  { flow_id: 4, proto: 58, src_addr: 'fe80::1', dst_addr: '2001:db8::9', icmp_type_code: 0x8003, bytes: 64 },
  {
    ...{ flow_id: 5, record_kind: 'event', proto: 6, src_addr: ipv4('10.1.2.3'), src_port: 1000 },
    ...{ dst_addr: ipv4('198.51.100.1'), dst_port: 80, nat_event: 4, firewall_event: 1 },
    ...{ post_nat_src_addr: ipv4('203.0.113.8'), post_nat_src_port: 2000 },
  },
  {
    ...{
      flow_id: 6,
      proto: 6,
      src_addr: '2001:db8::1',
      src_port: 50_000,
      dst_addr: '2001:db8::2',
      dst_port: 22,
    },
    ...{ tcp_flags: 2, bytes: '18446744073709551615', packets: 3, flow_end: at, time: '2026-11-21 10:00:00' },
  },
  { flow_id: 7, bytes: 1_000_000, packets: 9, flow_count: 12, end_reason: 5 },
  {
    ...{ flow_id: 8, proto: 6, src_addr: ipv4('10.2.0.1'), src_port: 22, dst_addr: ipv4('10.2.0.2') },
    ...{ dst_port: 9000, tcp_flags: 0x12, reverse_bytes: 77, bytes: 60, packets: 1, end_reason: 2 },
    // Said, but not translated.
    ...{ post_nat_src_addr: ipv4('10.2.0.1'), post_nat_src_port: 22, post_nat_dst_addr: ipv4('0.0.0.0') },
    ...{ process_name: "sshd 'x'", extra: { samplerName: 'S1', '9.1': '42' }, src_mac: 0x0011_22aa_bbcc },
    ...{ mpls_labels: [16_004, 3], vrf_in: 5, app: 50_331_728, src_as: 64_501, dst_as: 64_500 },
  },
];

const names = [
  `INSERT INTO interfaces (exporter, domain, interface, name, description) VALUES
    ('192.0.2.254', 7, 1, 'eth0', 'Uplink (A)'), ('192.0.2.253', 7, 1, 'eth9', ''), ('192.0.2.254', 8, 2, 'eth0', '')`,
  `INSERT INTO exporters (exporter, domain, collector, name) VALUES
    ('192.0.2.254', 7, 'fra1', 'core-fra'), ('192.0.2.253', 7, 'ber2', 'edge')`,
  "INSERT INTO vrfs (exporter, domain, vrf, name) VALUES ('192.0.2.254', 7, 5, 'red')",
  "INSERT INTO applications (exporter, domain, app, name) VALUES ('192.0.2.254', 7, 50331728, 'http')",
];

export interface FilterLedger {
  /** `flow_id` of the rows that pass, in order. */
  readonly passing: (
    filter: CompiledFilter | string,
    columnSql?: (column: string) => string,
  ) => Promise<number[]>;
}

export const startFilterLedger = async (t: Test): Promise<FilterLedger> => {
  const { client } = await borrowStore(t);
  await migrate(client);
  await client.command({ query: createFlowTable('flowledger', flowColumns, 0) });
  for (const query of names) await client.command({ query });
  const values = rows.map((row) => ({ ...common, ...row }));
  await client.insert({ table: 'flows', values, format: 'JSONEachRow' });
  const passing: FilterLedger['passing'] = async (filter, columnSql) => {
    const { sql, params } = typeof filter === 'string' ? compileFilter(filter) : filter;
    const query = `SELECT toUInt32(flow_id) AS id FROM flows WHERE ${sql(columnSql)} ORDER BY id`;
    const result = await client.query({ query, query_params: { ...params }, format: 'JSONEachRow' });
    return (await result.json<{ id: number }>()).map(({ id }) => id);
  };
  return { passing };
};
