/** Values that are addresses or networks. */

import { type AddressRange, parseAddressRange, parseNetmask, parseNetworkRange } from './address-range.ts';
import { anyOf, bindList } from './bind-list.ts';
import { equalComparisons, type FilterCursor } from './filter-cursor.ts';
import type { ColumnSql, ValueKind } from './filter-term.ts';
import { addressIn } from './packet-value.ts';

/** So many networks are ranges in SQL, which indexes understand; more are looked up by their lengths, of which there are few. */
const maxRanges = 16;

type Test = (subject: string, column: ColumnSql) => string;

interface AddressKind {
  readonly syntax: string;
  readonly expected: string;
  /** Single addresses are no networks: the length was forgotten. */
  readonly networksOnly?: true;
  /** Reads what is no address. */
  readonly name?: (cursor: FilterCursor, text: string) => Test;
}

/** Looks like an address that was typed wrong, and like no name. */
const almostAddress = /^[\d./]+$|:/;

const bindRanges = (cursor: FilterCursor, ranges: readonly AddressRange[]): Test[] => {
  const single = ranges.filter(({ prefix }) => prefix === 128).map(({ from }) => from);
  const networks = ranges.filter(({ prefix }) => prefix < 128);
  const tests: Test[] = [];
  if (single.length === 1) {
    const place = cursor.bind('IPv6', single[0] as string);
    tests.push((subject) => `${subject} = ${place}`);
  } else if (single.length > 1) tests.push(bindList(cursor, 'IPv6', single));
  if (networks.length <= maxRanges) {
    for (const { from, to } of networks) {
      const [first, last] = [cursor.bind('IPv6', from), cursor.bind('IPv6', to)];
      tests.push((subject) => `${subject} BETWEEN ${first} AND ${last}`);
    }
    return tests;
  }
  for (const prefix of new Set(networks.map((network) => network.prefix))) {
    const starts = networks.filter((network) => network.prefix === prefix).map(({ from }) => from);
    const test = bindList(cursor, 'IPv6', starts);
    tests.push((subject) => test(`tupleElement(IPv6CIDRToRange(${subject}, ${prefix}), 1)`));
  }
  return tests;
};

/** `192.0.2.1`, `192.0.2.0/24`, `192.0.2.0 255.255.255.0`, or a list of the first two. */
export const addressKind = (kind: AddressKind): ValueKind => {
  const { syntax, expected, networksOnly, name } = kind;
  const readOne = (cursor: FilterCursor, inList: boolean): AddressRange | Test => {
    const { kind: tokenKind, text, at } = cursor.takeValue(expected);
    const mask = inList || /[/:]/.test(text) ? undefined : parseNetmask(cursor.peek().text);
    if (mask !== undefined) cursor.advance();
    const isSingle = !networksOnly || inList;
    const network =
      mask === undefined
        ? ((isSingle ? parseAddressRange(text) : undefined) ?? parseNetworkRange(text))
        : parseNetworkRange(`${text}/${mask}`);
    if (network) return network;
    if (name && (tokenKind === 'quoted' || !almostAddress.test(text))) return name(cursor, text);
    const length = text.includes(':') ? 64 : 24;
    const forgotten = parseAddressRange(text) && `its length is missing: ${text}/${length}`;
    const isName = /^[a-z_-][\w.-]*$/i.test(text) ? 'names are not looked up' : undefined;
    return cursor.fail(expected, forgotten ?? isName, at);
  };
  return {
    syntax,
    expected,
    read: (cursor) => {
      const comparison = cursor.takeComparison(equalComparisons, expected);
      const found: (AddressRange | Test)[] = [];
      if (comparison.endsWith('in')) cursor.takeList(expected, () => found.push(readOne(cursor, true)));
      else found.push(readOne(cursor, false));
      const named = found.filter((one) => typeof one === 'function');
      const ranges = found.filter((one) => typeof one !== 'function');
      const tests = [...bindRanges(cursor, ranges), ...named];
      return {
        sql: (subject, column) => anyOf(tests.map((test) => test(subject, column))),
        isNegated: comparison.startsWith('not') || comparison === '!=',
        columns: [],
        packet: { address: addressIn(ranges) },
      };
    },
  };
};
