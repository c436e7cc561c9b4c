/** A store with rows of `flows` put there as objects, and keepers of rollups over it. */

import type { ClickHouseClient } from '@clickhouse/client';
import type { Test } from 'tap';
import { privateNetworks } from '../../collector/rollup/inside-networks.ts';
import { RollupKeeper, type RollupKeeperOptions } from '../../collector/rollup/rollup-keeper.ts';
import { columnsOfGroups } from '../../collector/store/flow-columns.ts';
import { migrate } from '../../collector/store/migrate.ts';
import { prepareFlowTable } from '../../collector/store/prepare-flow-table.ts';
import { borrowStore } from './borrow-store.ts';
import type { SeededRandom } from './seeded-random.ts';
import type { TestStore } from './test-store.ts';

/** Columns of `flows` by name; times in microseconds since 1970. What is not named is zero. */
export type FlowRow = Readonly<Record<string, unknown>>;

export const rollupColumns = columnsOfGroups(['nat']).map(({ name }) => name);

const timeColumns = new Set(['received', 'flow_start', 'flow_end']);
/** 2026-11-20 10:00:00 UTC. */
export const tenOClock = 1_795_168_800e6;
export const minute = 60e6;
export const hour = 3600e6;

/** A row with the times that its flow had, received a second after its end. */
export const flowRow = (startMicros: number, endMicros: number, more: FlowRow = {}): FlowRow => ({
  received: endMicros + 1e6,
  time: Math.floor(endMicros / 1e6),
  flow_start: startMicros,
  flow_end: endMicros,
  collector: 'c-1',
  version: 10,
  time_source: 'milliseconds',
  exporter: '::ffff:192.0.2.1',
  sampling_rate: 1,
  src_addr: '::ffff:10.0.0.1',
  dst_addr: '::ffff:198.51.100.1',
  src_port: 40000,
  dst_port: 443,
  proto: 6,
  bytes: 1000,
  packets: 10,
  ...more,
});

const toJson = (row: FlowRow): FlowRow =>
  Object.fromEntries(
    Object.entries(row)
      // Of an unknown time, nothing is said.
      .filter(([name, value]) => !(timeColumns.has(name) && value === 0))
      .map(([name, value]) => [name, timeColumns.has(name) ? (Number(value) / 1e6).toFixed(6) : value]),
  );

export const insertFlows = async (client: ClickHouseClient, rows: readonly FlowRow[]): Promise<void> => {
  await client.insert({ table: 'flows', values: rows.map(toJson), format: 'JSONEachRow' });
};

export const prepareTables = async (client: ClickHouseClient): Promise<void> => {
  await migrate(client);
  await prepareFlowTable(client, { database: 'flowledger', columns: columnsOfGroups(['nat']), ttlDays: 0 });
};

/** A keeper over `client`; what is not said: everything is stored that was received before 2100. */
export const makeKeeper = (client: ClickHouseClient, more: Partial<RollupKeeperOptions> = {}): RollupKeeper =>
  new RollupKeeper({
    client,
    collector: 'c-1',
    inside: privateNetworks,
    columns: rollupColumns,
    storedUntilMicros: () => tenOClock + 100 * hour,
    nowMicros: () => tenOClock + 2 * hour,
    onTrouble: () => undefined,
    ...more,
  });

export interface RollupRig extends TestStore {
  put(...rows: readonly FlowRow[]): Promise<void>;
  /** Makes all rollups of what is there, as of a history. */
  catchUp(until?: number, more?: Partial<RollupKeeperOptions>): Promise<void>;
  reset(): Promise<void>;
}

const tables = [
  'flows',
  'flows_1m',
  'flows_1h',
  'talkers_1h',
  'host_activity',
  'nat_log',
  'connections',
  'rollups',
];

export const startRollupRig = async (t: Test): Promise<RollupRig> => {
  const store = await borrowStore(t);
  const { client } = store;
  await prepareTables(client);
  return {
    ...store,
    put: (...rows) => insertFlows(client, rows),
    catchUp: (until = tenOClock + 3 * hour, more = {}) => makeKeeper(client, more).catchUp(until),
    reset: async () => {
      for (const table of tables) await client.command({ query: `TRUNCATE TABLE ${table}` });
    },
  };
};

/** Rows of all kinds: short and long flows, biflows, interim parts, events, times that are not believed. */
export const randomFlow = (random: SeededRandom, from: number, until: number): FlowRow => {
  const received = random.between(0, (until - from) / 1000) * 1000 + from + random.below(1000);
  const end = received - random.below(120_000_000);
  const longest = random.pick([0, 5e6, 300e6, 3600e6, 7200e6, 172_800e6, 200_000e6]);
  const start =
    end - (longest === 0 ? 0 : random.below(Math.min(longest, 2 ** 31)) * Math.ceil(longest / 2 ** 31));
  const kind = random.pick(['flow', 'flow', 'flow', 'interim', 'event']);
  const source = random.pick([
    'milliseconds',
    'milliseconds',
    'microseconds',
    'received',
    'absurd',
    'seconds',
  ]);
  const isBelieved = source !== 'received' && source !== 'absurd';
  const isBiflow = random.chance(0.3);
  const inside = `::ffff:10.0.0.${random.between(1, 40)}`;
  const outside = `::ffff:198.51.100.${random.between(1, 40)}`;
  const isOutward = random.chance(0.5);
  const counter = (): string =>
    String(BigInt(random.below(2 ** 31)) * BigInt(random.pick([1, 1, 1, 65_537])));
  return flowRow(start, end, {
    received,
    time: Math.floor((isBelieved ? end : received) / 1e6),
    ...(source === 'absurd' && { flow_start: end + 5e6 }),
    ...(source === 'received' && { flow_start: 0, flow_end: 0 }),
    time_source: source,
    record_kind: kind,
    exporter: `::ffff:192.0.2.${random.between(1, 3)}`,
    domain: random.below(2),
    sampling_rate: random.pick([1, 1, 100]),
    src_addr: isOutward ? inside : outside,
    dst_addr: isOutward ? outside : inside,
    src_port: random.pick([443, 53, 40_000, 40_001]),
    dst_port: random.pick([443, 53, 8080, 40_002]),
    proto: random.pick([6, 17, 1]),
    tcp_flags: random.pick([0, 2, 27]),
    in_if: random.between(1, 3),
    out_if: random.between(1, 3),
    src_as: random.between(64_500, 64_503),
    dst_as: random.between(64_500, 64_503),
    bytes: kind === 'event' ? 0 : counter(),
    packets: kind === 'event' ? 0 : counter(),
    ...(isBiflow && kind !== 'event' && { reverse_bytes: counter(), reverse_packets: counter() }),
    ...(random.chance(0.2) && {
      post_nat_src_addr: '::ffff:203.0.113.1',
      post_nat_src_port: random.between(1024, 65_535),
    }),
    ...(random.chance(0.3) && { flow_id: random.between(1, 1000) }),
  });
};
