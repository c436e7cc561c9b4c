/** What flows can be grouped by: a column of `flows`, the service, or the network of an address. */

import { ConfigError } from '../../shared/service/config-error.ts';
import { shownAddress } from '../../shared/wire/address.ts';
import { closestWord } from '../filter/closest-word.ts';
import { servicePorts } from '../filter/service-ports.ts';
import { flowColumns } from '../store/flow-columns.ts';
import type { CellKind, Row } from './report.ts';

export interface Dimension {
  /** As it was said, and its key in the answer. */
  readonly name: string;
  readonly kind: CellKind;
  /** Of `flows`, or `service`: what a table must have. */
  readonly column: string;
  /** Over the SQL of the column. */
  readonly sql: (column: string) => string;
  /** The value of the answer as it is shown; default: as it is. */
  readonly show?: (value: unknown) => unknown;
  /** A name for it, in a column of its own. */
  readonly label?: (value: unknown) => string | undefined;
}

const serviceNames = new Map([...servicePorts].reverse().map(([name, port]) => [port, name]));

const service: Dimension = {
  name: 'service',
  kind: 'port',
  column: 'service',
  sql: (column) => column,
  label: (value) => {
    const name = serviceNames.get(Number(value));
    return Number(value) === 0 ? 'unknown' : name && `${value} ${name}`;
  },
};

/** Counters and times are what is measured, and no groups. */
const isGroupable = ({ name, type }: { readonly name: string; readonly type: string }): boolean =>
  !/^(?:DateTime|Map|Array)/.test(type) && !/(?:^|_)(?:bytes|packets)$/.test(name);

const kindOf = (name: string, type: string): CellKind => {
  if (type === 'IPv6') return 'address';
  if (name === 'proto') return 'protocol';
  if (name.endsWith('tcp_flags')) return 'flags';
  if (name.endsWith('_port')) return 'port';
  return /^U?Int(?:8|16|32)$/.test(type) ? 'number' : 'text';
};

const groupable = new Map(flowColumns.filter(isGroupable).map((column) => [column.name, column]));

const networkPattern = /^(src|dst)_net\/(\d{1,2})(?:\/(\d{1,3}))?$/;
const v6Bits = 64;

/** `src_net/24`: IPv4 addresses by 24 bits, IPv6 ones by 64; `src_net/24/48` says both. */
const findNetwork = (name: string): Dimension | undefined => {
  const [, end, short, long = v6Bits] = networkPattern.exec(name) ?? [];
  if (end === undefined || Number(short) > 32 || Number(long) > 128) return undefined;
  const isV4 = (column: string): string =>
    `(${column} BETWEEN toIPv6('::ffff:0.0.0.0') AND toIPv6('::ffff:255.255.255.255'))`;
  return {
    name,
    kind: 'text',
    column: `${end}_addr`,
    sql: (column) =>
      `IPv6CIDRToRange(${column}, if(${isV4(column)}, ${96 + Number(short)}, ${Number(long)})).1`,
    show: (value) => {
      const text = shownAddress(String(value ?? ''));
      return `${text}/${Number(text.includes(':') ? long : short)}`;
    },
  };
};

const findDimension = (name: string): Dimension | undefined => {
  if (name === 'service') return service;
  const column = groupable.get(name);
  if (column === undefined) return findNetwork(name);
  const kind = kindOf(name, column.type);
  // Names of enums, and all digits of identifiers.
  const isText = kind === 'text' && !/String/.test(column.type);
  return { name, kind, column: name, sql: (sql) => (isText ? `toString(${sql})` : sql) };
};

const problemOf = (name: string): string => {
  if (name === '') return 'a column is missing before or behind a comma';
  if (/^(?:src|dst)_net/.test(name))
    return 'a network is src_net/24, with 0 to 32 bits of IPv4, or src_net/24/48 with those of IPv6';
  const meant = closestWord(name, ['service', ...groupable.keys()]);
  const hint = meant === undefined ? '' : ` (did you mean ${meant}?)`;
  return `no column to group by${hint}; there are service, src_net/24, dst_net/24, and the columns of flows that are no times and counters: src_addr, dst_port, proto, in_if, ...`;
};

/** `src_addr,dst_port`. Throws ConfigError. */
export const parseDimensions = (text: string): readonly Dimension[] => {
  const names = text.split(',').map((part) => part.trim());
  return [...new Set(names)].map((name) => {
    const found = findDimension(name);
    if (found !== undefined) return found;
    throw new ConfigError(`--by ${name}: ${problemOf(name)}`);
  });
};

/** Rows of the answer, where dimensions are `k0`, `k1` ..., with their names and labels. */
export const nameDimensions = (dimensions: readonly Dimension[], row: Row): Record<string, unknown> => {
  const named: Record<string, unknown> = {};
  for (const [i, { name, show, label }] of dimensions.entries()) {
    const value = row[`k${i}`];
    named[name] = show ? show(value) : value;
    if (label) named[`${name}_name`] = label(value) ?? null;
  }
  return named;
};
