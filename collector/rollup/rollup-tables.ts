/** The tables that are made out of `flows`: what their rows are about, and for how long they are kept (schema/0004-rollups.sql says the same). */

export const rollupTables = [
  'flows_1m',
  'flows_1h',
  'talkers_1h',
  'host_activity',
  'nat_log',
  'connections',
] as const;
export type RollupTable = (typeof rollupTables)[number];

/** Days after receipt; connections: after they were last seen. */
export const rollupTtlDays: Readonly<Record<RollupTable, number>> = {
  flows_1m: 7,
  flows_1h: 366,
  talkers_1h: 366,
  host_activity: 366,
  nat_log: 365,
  connections: 1,
};

/**
 * What rows of flows_1m and flows_1h tell apart, beside time, `grain`, `collector` and `received_hour`: by the column `about`. Each flow is in rows of
 * both; pairs of AS times interfaces and services would be nearly as many as there are flows.
 */
export const flowDimensions = {
  interfaces: ['exporter', 'domain', 'in_if', 'out_if', 'direction', 'proto', 'service', 'sampling_rate'],
  as: ['exporter', 'domain', 'direction', 'src_as', 'dst_as', 'sampling_rate'],
} as const;
export type FlowsAbout = keyof typeof flowDimensions;

/** Addresses an hour, exporter and role in talkers_1h; the others are one row together. */
export const talkersPerHour = 1000;
