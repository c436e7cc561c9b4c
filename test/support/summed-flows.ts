/** A few flows around 13:00 and 14:00 on 2026-11-21, whose sums are worked out by hand in the tests of `top` and `series`. */

import type { FlowRow } from './ask-ledger.ts';

const day = '2026-11-21';
const base = { exporter: '::ffff:192.0.2.1', proto: 6, packets: 1 };
const inside = '::ffff:10.0.0.5';
const other = '::ffff:10.0.0.6';
const web = '::ffff:192.0.2.80';
const name = '2001:db8::53';

export const summedFlows: readonly FlowRow[] = [
  // 10.0.0.5 -> web 3000 octets at 13:10.
  {
    ...base,
    ...{ flow_start: `${day} 13:10:00`, flow_end: `${day} 13:10:30`, src_addr: inside, dst_addr: web },
    ...{ src_port: 40000, dst_port: 443, bytes: 3000, packets: 3, in_if: 3, out_if: 4 },
  },
  // 10.0.0.6 -> web 1000 octets a second from 12:30 to 13:30: 1,800,000 in the hour of 13.
  {
    ...base,
    ...{ flow_start: `${day} 12:30:00`, flow_end: `${day} 13:30:00`, src_addr: other, dst_addr: web },
    ...{ src_port: 40001, dst_port: 443, bytes: 3_600_000, packets: 3600, in_if: 3, out_if: 4 },
  },
  // A biflow: 500 octets from 10.0.0.5, and 7000 back.
  {
    ...base,
    ...{ flow_start: `${day} 13:20:00`, flow_end: `${day} 13:20:10`, src_addr: inside, dst_addr: name },
    ...{ src_port: 40002, dst_port: 53, proto: 17, bytes: 500, reverse_bytes: 7000, reverse_packets: 2 },
  },
  // One packet in 100 was looked at: 4000 octets.
  {
    ...base,
    ...{ flow_start: `${day} 13:59:50`, flow_end: `${day} 13:59:55`, src_addr: inside, dst_addr: web },
    ...{ exporter: '::ffff:192.0.2.2', src_port: 40003, dst_port: 443, bytes: 40, sampling_rate: 100 },
  },
  // A part of a flow that is not over, 10 octets a second from 13:59:30 to 14:00:30: 300 before 14:00, 300 after it, and no flow yet.
  {
    ...base,
    ...{ flow_start: `${day} 13:59:30`, flow_end: `${day} 14:00:30`, src_addr: other, dst_addr: name },
    ...{ record_kind: 'interim', src_port: 40004, dst_port: 9999, bytes: 600, packets: 60 },
  },
  // An event has no counters, whatever stands there.
  {
    ...base,
    ...{ flow_start: `${day} 13:30:00`, flow_end: `${day} 13:30:00`, src_addr: inside, dst_addr: web },
    ...{ record_kind: 'event', src_port: 40005, dst_port: 443, bytes: 999_999 },
  },
  // Long before.
  {
    ...base,
    ...{ flow_start: `${day} 09:00:00`, flow_end: `${day} 09:00:01`, src_addr: other, dst_addr: web },
    ...{ src_port: 40006, dst_port: 22, bytes: 77 },
  },
];

/** Rows of `exporters`: who sent the flows, and to whom. */
export const summedExporters: readonly FlowRow[] = ['192.0.2.1', '192.0.2.2'].map((address) => ({
  ...{ exporter: `::ffff:${address}`, domain: 0, collector: 'here', flows: 7 },
  ...{ first_seen: `${day} 09:00:01`, last_seen: `${day} 14:00:30` },
}));
