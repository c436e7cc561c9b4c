/** What may follow the words of terms: kinds of values, with the names that they have. */

import { addressKind } from './address-value.ts';
import type { FilterCursor } from './filter-cursor.ts';
import type { ColumnSql, ValueKind } from './filter-term.ts';
import { decimalUnits, type NumberKind, numberKind } from './number-value.ts';
import { protocolNumbers } from './protocol-numbers.ts';
import { servicePorts } from './service-ports.ts';
import { choiceKind } from './text-value.ts';

/** Rows of a table of what exporters said, whose name is `text`, in any case. */
const rowsNamed = (cursor: FilterCursor, text: string, select: string, names: readonly string[]): string => {
  if (text === '' || text.length > 1000) cursor.fail('a name', undefined);
  const place = cursor.bind('String', text);
  return `(${select} FINAL WHERE ${names.map((name) => `lowerUTF8(${name}) = lowerUTF8(${place})`).join(' OR ')})`;
};

/** A number that exporters have names for, each its own. */
const namedNumber = (
  kind: Pick<NumberKind, 'syntax' | 'expected' | 'bits'>,
  table: string,
  key: string,
  names: readonly string[],
): ValueKind =>
  numberKind({
    ...kind,
    name: (cursor, text) => {
      const rows = rowsNamed(cursor, text, `SELECT exporter, domain, ${key} FROM ${table}`, names);
      const test = (subject: string, column: ColumnSql): string =>
        `(${column('exporter')}, ${column('domain')}, ${subject}) IN ${rows}`;
      return { test, columns: ['exporter', 'domain'] };
    },
  });

export const interfaceKind = namedNumber(
  { syntax: 'IF', expected: 'the number or name of an interface', bits: 32 },
  'interfaces',
  'interface',
  ['name', 'description'],
);
export const vrfKind = namedNumber(
  { syntax: 'VRF', expected: 'the number or name of a VRF', bits: 32 },
  'vrfs',
  'vrf',
  ['name'],
);
export const appKind = namedNumber(
  { syntax: 'APP', expected: 'the number or name of an application', bits: 64 },
  'applications',
  'app',
  ['name'],
);

export const ipKind = addressKind({
  syntax: 'IP',
  expected: 'an IPv4 or IPv6 address, or a network such as 192.0.2.0/24',
});
export const netKind = addressKind({
  syntax: 'NET',
  expected: 'a network, such as 192.0.2.0/24, 10.1/16 or 2001:db8::/32',
  networksOnly: true,
});
export const exporterKind = addressKind({
  syntax: 'EXPORTER',
  expected: 'the address, network or name of an exporter',
  name: (cursor, text) => {
    const rows = rowsNamed(cursor, text, 'SELECT exporter FROM exporters', ['name']);
    return (subject) => `${subject} IN ${rows}`;
  },
});

export const protocolKind = numberKind({
  syntax: 'PROTO',
  expected: 'the name or number of a protocol, such as tcp or 6',
  bits: 8,
  names: protocolNumbers,
});
export const portKind = numberKind({
  syntax: 'PORT',
  expected: 'a port or the name of a service',
  bits: 16,
  names: servicePorts,
});

/** RFC 8158 section 4.3; a word for all events of the same sense. */
export const natEventKind = numberKind({
  syntax: 'EVENT',
  expected: 'a NAT event: create, delete, or a number of RFC 8158',
  bits: 8,
  names: new Map<string, readonly number[]>([
    ['create', [1, 4, 6, 8, 10]],
    ['add', [1, 4, 6, 8, 10]],
    ['delete', [2, 5, 7, 9, 11]],
    ['session-create', [4, 6]],
    ['session-delete', [5, 7]],
    ['bib-create', [8, 10]],
    ['bib-delete', [9, 11]],
    ['exhausted', [3, 12]],
    ['quota', [13]],
    ['binding-create', [14]],
    ['binding-delete', [15]],
    ['block-allocate', [16]],
    ['block-release', [17]],
    ['threshold', [18]],
  ]),
});
export const firewallEventKind = numberKind({
  syntax: 'EVENT',
  expected: 'a firewall event: create, delete, deny, alert, update, or its number',
  bits: 8,
  names: new Map([
    ['ignore', 0],
    ['create', 1],
    ['delete', 2],
    ['term', 2],
    ['deny', 3],
    ['alert', 4],
    ['update', 5],
  ]),
});
export const endReasonKind = numberKind({
  syntax: 'REASON',
  expected: 'why the flow ended: idle, active, end, forced, resources, or its number',
  bits: 8,
  names: new Map([
    ['idle', 1],
    ['active', 2],
    ['end', 3],
    ['forced', 4],
    ['resources', 5],
  ]),
});
/** Numbers are those of flowDirection (element 61), as in nfdump. */
export const directionKind = choiceKind('DIRECTION', 'a direction: ingress, egress or unknown', {
  ingress: 'ingress',
  egress: 'egress',
  unknown: 'unknown',
  0: 'ingress',
  1: 'egress',
});

/** Counters and rates. */
export const counterKind = numberKind({
  syntax: 'NUMBER',
  expected: 'a number, such as 500, 10k or 1.5M',
  bits: 64,
  units: decimalUnits,
});
export const durationKind = numberKind({
  syntax: 'MS',
  expected: 'milliseconds, or a time such as 500ms, 5s, 10min or 2h',
  bits: 64,
  units: new Map([
    ['k', 1000],
    ['ms', 1],
    ['s', 1000],
    ['min', 60_000],
    ['h', 3_600_000],
  ]),
});

const plainNumber = (bits: 8 | 16 | 32 | 64, max?: number): ValueKind =>
  numberKind({
    syntax: 'NUMBER',
    expected: max === undefined ? 'a number' : `a number up to ${max}`,
    bits,
    ...(max === undefined ? {} : { max }),
  });
export const octetKind = plainNumber(8);
export const shortKind = plainNumber(16);
export const wordKind = plainNumber(32);
export const longKind = plainNumber(64);
export const maskKind = plainNumber(8, 128);
export const vlanKind = plainNumber(16, 4095);
export const dscpKind = plainNumber(8, 63);

const labels = plainNumber(32, (1 << 20) - 1);
/** Some label of the stack. */
export const labelKind: ValueKind = {
  ...labels,
  read: (cursor) => {
    const { sql, ...test } = labels.read(cursor);
    return { ...test, sql: (subject, column) => `arrayExists(label -> ${sql('label', column)}, ${subject})` };
  },
};
