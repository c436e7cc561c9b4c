/** ICMP as people read it: type and code, and no port 2048. */

/** IANA, ICMP Type Numbers and ICMPv6 Parameters. */
const names = {
  1: { 0: 'echo reply', 3: 'unreachable', 5: 'redirect', 8: 'echo request', 11: 'time exceeded' },
  58: {
    1: 'unreachable',
    2: 'too big',
    3: 'time exceeded',
    128: 'echo request',
    129: 'echo reply',
    133: 'router solicitation',
    134: 'router advertisement',
    135: 'neighbor solicitation',
    136: 'neighbor advertisement',
  },
} as const;

const nameOf = (proto: keyof typeof names): string => {
  const known = Object.entries(names[proto]);
  const [types, texts] = [known.map(([type]) => type), known.map(([, name]) => `'${name}'`)];
  return `transform(intDiv(icmp_value, 256), [${types.join(', ')}], [${texts.join(', ')}], '')`;
};

/**
 * Over columns of `flows` in the table `row`: `dst_port` (0 of ICMP), `icmp` (`3/1`, NULL of other protocols), `icmp_name` (empty where it has none).
 * NetFlow v5 and many v9 exporters have type and code in the destination port.
 */
export const icmpSql = (row: string): string => `if(proto IN (1, 58), 0, ${row}.dst_port) AS dst_port,
  if(icmp_type_code != 0, icmp_type_code, ${row}.dst_port) AS icmp_value,
  if(proto IN (1, 58), concat(toString(intDiv(icmp_value, 256)), '/', toString(icmp_value % 256)), NULL) AS icmp,
  multiIf(proto = 1, ${nameOf(1)}, proto = 58, ${nameOf(58)}, '') AS icmp_type,
  if(icmp_type = '' OR icmp_value % 256 = 0, icmp_type, concat(icmp_type, ', code ', toString(icmp_value % 256))) AS icmp_name`;
