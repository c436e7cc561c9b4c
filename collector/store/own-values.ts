/**
 * Values that only some rows have, as SQL: of processes and of proxies. They are in columns where the group of columns was chosen, and in `extra`
 * where it was not; rows that were stored before it was chosen have them there, too.
 */

import type { OwnElementName } from '../../shared/elements/own-elements.ts';

interface OwnValue {
  readonly kind: 'text' | 'number' | 'address';
  /** Of elements, in `extra` alone (the registry has it) or behind `PEN.` (it was announced, RFC 5610), whatever the PEN is. */
  readonly names: readonly string[];
  /** Whole keys of `extra` where nobody has told the name. */
  readonly keys: readonly string[];
  /** Of a number that a row in `extra` does not have; default 0. */
  readonly missing?: number;
}

const ntopPen = 35632;
/** ntop's elements have these numbers in NetFlow v9. */
const ntopV9 = 57_472;

const own = (kind: OwnValue['kind'], ...names: readonly OwnElementName[]): OwnValue => ({
  kind,
  names,
  keys: [],
});
const ntop = (kind: OwnValue['kind'], id: number, name: string): OwnValue => ({
  kind,
  names: [name],
  keys: [`${ntopPen}.${id}`, `v9.${ntopV9 + id}`],
});

/** The user or group that the kernel says for none. */
export const noId = 0xffffffff;

// biome-ignore format: a table is read by its rows
const values = {
  process_id: ntop('number', 168, 'SRC_PROC_PID'),
  process_uid: { ...ntop('number', 425, 'SRC_PROC_UID'), missing: noId },
  process_gid: { ...own('number', 'sourceProcessGroupId'), missing: noId },
  process_name: ntop('text', 169, 'SRC_PROC_NAME'),
  process_user: ntop('text', 372, 'SRC_PROC_USER_NAME'),
  process_command: ntop('text', 556, 'SRC_PROC_CMDLINE'),
  process_cgroup: own('text', 'sourceProcessCgroup'),
  process_cgroup_id: own('number', 'sourceProcessCgroupId'),
  process_quality: own('number', 'sourceProcessQuality'),
  container_id: ntop('text', 558, 'SRC_PROC_CONTAINER_ID'),
  dst_process_id: ntop('number', 375, 'DST_PROC_PID'),
  dst_process_uid: { ...ntop('number', 426, 'DST_PROC_UID'), missing: noId },
  dst_process_gid: { ...own('number', 'destinationProcessGroupId'), missing: noId },
  dst_process_name: ntop('text', 376, 'DST_PROC_NAME'),
  dst_process_user: ntop('text', 377, 'DST_PROC_USER_NAME'),
  dst_process_command: ntop('text', 557, 'DST_PROC_CMDLINE'),
  dst_process_cgroup: own('text', 'destinationProcessCgroup'),
  dst_process_cgroup_id: own('number', 'destinationProcessCgroupId'),
  dst_process_quality: own('number', 'destinationProcessQuality'),
  dst_container_id: ntop('text', 559, 'DST_PROC_CONTAINER_ID'),
  request_id: own('text', 'proxyRequestId'),
  session_id: own('text', 'proxySessionId'),
  proxy_mapping: own('text', 'proxyMapping'),
  proxy_host: own('text', 'proxyHost'),
  client_addr: own('address', 'proxyClientIPv4Address', 'proxyClientIPv6Address'),
} as const satisfies Readonly<Record<string, OwnValue>>;

/** By the names of the columns. */
export type OwnValueName = keyof typeof values;

export const ownValueNames = Object.keys(values) as readonly OwnValueName[];

export interface OwnValues {
  /** UInt64, String, or IPv6; 0, empty or `::` where the row does not have it. */
  readonly value: (name: OwnValueName) => string;
  /** A condition that no row with one of them fails, for PREWHERE: of `extra` it reads how many it has, and nothing else. */
  readonly mayHave: (names: readonly OwnValueName[]) => string;
  /** A condition that the row has one of them. */
  readonly has: (names: readonly OwnValueName[]) => string;
}

const anyOf = (conditions: readonly string[]): string => `(${conditions.join(' OR ')})`;

const list = (texts: readonly string[]): string => `(${texts.map((text) => `'${text}'`).join(', ')})`;

/** Over a key `k` of `extra`. */
const isKey = (names: readonly OwnValueName[]): string => {
  const all = names.map((name): OwnValue => values[name]);
  const keys = all.flatMap((value) => value.keys);
  const named = `substring(k, position(k, '.') + 1) IN ${list(all.flatMap((value) => value.names))}`;
  return keys.length === 0 ? named : `(${named} OR k IN ${list(keys)})`;
};

/** Octets, where the type was not known when the row was written, are `0x` and hex. */
const isHex = (text: string): string => `match(${text}, '^0x([0-9a-f]{2})+$')`;

const fromText = ({ kind, keys, missing = 0 }: OwnValue, text: string): string => {
  const octets = `unhex(substring(${text}, 3))`;
  switch (kind) {
    case 'text':
      return keys.length === 0
        ? text
        : `if(${isHex(text)}, replaceRegexpOne(${octets}, '\\\\0+$', ''), ${text})`;
    case 'address':
      return `toIPv6OrDefault(${text})`;
    case 'number':
      return `multiIf(${text} = '', toUInt64(${missing}), ${isHex(text)}, reinterpretAsUInt64(reverse(${octets})), toUInt64OrZero(${text}))`;
  }
};

const isSaid = (kind: OwnValue['kind'], column: string): string =>
  kind === 'number' ? `${column} != 0` : kind === 'text' ? `${column} != ''` : `${column} != toIPv6('::')`;

/** `row`: what the query calls the rows of `flows`, so that values may have the names of columns. `columns`: those that there are. */
export const ownValuesOf = (row: string, columns: ReadonlySet<string>): OwnValues => {
  const inColumns = (names: readonly OwnValueName[]): readonly string[] =>
    names.filter((name) => columns.has(name)).map((name) => isSaid(values[name].kind, `${row}.${name}`));
  return {
    value: (name) => {
      const { kind } = values[name];
      const text = `arrayFirst((v, k) -> ${isKey([name])}, mapValues(${row}.extra), mapKeys(${row}.extra))`;
      if (!columns.has(name)) return fromText(values[name], text);
      // In a column, 0 is what was said: root is a user.
      const inExtra = fromText({ ...values[name], missing: 0 }, text);
      const column = `${row}.${name}`;
      return `if(${isSaid(kind, column)}, ${kind === 'number' ? `toUInt64(${column})` : column}, ${inExtra})`;
    },
    mayHave: (names) => anyOf([...inColumns(names), `notEmpty(${row}.extra)`]),
    has: (names) => anyOf([...inColumns(names), `arrayExists(k -> ${isKey(names)}, mapKeys(${row}.extra))`]),
  };
};

/** The columns of them that `flows` has. */
export const findOwnColumns = async (
  hasColumn: (column: string) => Promise<boolean>,
): Promise<ReadonlySet<string>> => {
  const found = new Set<string>();
  for (const name of ownValueNames) if (await hasColumn(name)) found.add(name);
  return found;
};
