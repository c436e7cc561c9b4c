/**
 * A row as the one or two directions that it tells of. A biflow (RFC 5103) has reverse counters: read as a second direction its ends
 * and interfaces change places, its counters are the reverse ones, and it is no flow more.
 */

export const directions = ['forward', 'reverse'] as const;
export type FlowDirection = (typeof directions)[number];

const pairs = [
  ['src_addr', 'dst_addr'],
  ['src_port', 'dst_port'],
  ['in_if', 'out_if'],
  ['src_as', 'dst_as'],
  ['src_mask', 'dst_mask'],
  ['src_mac', 'dst_mac'],
  ['src_vlan', 'dst_vlan'],
  ['vrf_in', 'vrf_out'],
  ['src_peer_as', 'dst_peer_as'],
  ['post_nat_src_addr', 'post_nat_dst_addr'],
  ['post_nat_src_port', 'post_nat_dst_port'],
  ['distinct_src', 'distinct_dst'],
  ['process_id', 'dst_process_id'],
  ['process_uid', 'dst_process_uid'],
  ['process_name', 'dst_process_name'],
  ['process_user', 'dst_process_user'],
  ['process_command', 'dst_process_command'],
  ['container_id', 'dst_container_id'],
  ['process_gid', 'dst_process_gid'],
  ['process_cgroup', 'dst_process_cgroup'],
  ['process_cgroup_id', 'dst_process_cgroup_id'],
  ['process_quality', 'dst_process_quality'],
  ['bytes', 'reverse_bytes'],
  ['packets', 'reverse_packets'],
  ['tcp_flags', 'reverse_tcp_flags'],
  ['total_bytes', 'reverse_total_bytes'],
  ['total_packets', 'reverse_total_packets'],
] as const;

const reversed: ReadonlyMap<string, string> = new Map(
  pairs.flatMap(
    ([a, b]) =>
      [
        [a, b],
        [b, a],
      ] as const,
  ),
);

/** The column of `flows` in which a direction finds what the forward one has in `column`. */
export const directedColumn = (column: string, direction: FlowDirection): string =>
  direction === 'forward' ? column : (reversed.get(column) ?? column);

/** Which rows have the direction, as SQL over `flows`. Events have no counters and are no flows. */
export const hasDirection = (direction: FlowDirection): string =>
  direction === 'forward'
    ? "record_kind != 'event'"
    : "record_kind != 'event' AND (reverse_packets > 0 OR reverse_bytes > 0)";

/** 1 for a whole flow, 0 for an interim part of one: what adds up to the number of flows. */
export const flowsOf = (direction: FlowDirection): string =>
  direction === 'forward' ? "toUInt8(record_kind = 'flow')" : 'toUInt8(0)';
