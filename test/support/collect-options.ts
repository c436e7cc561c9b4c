import type { CollectOptions } from '../../collector/collect-options.ts';

/** The options of a collector that listens on no socket, keeps no journal, and stores below `dataDir`. */
export const collectOptions = (dataDir: string, change: Partial<CollectOptions> = {}): CollectOptions => ({
  listen: [],
  allow: [],
  receiveBufferBytes: 65_536,
  dataDir,
  server: undefined,
  journal: undefined,
  columns: ['core'],
  keepExtra: true,
  exportersFile: undefined,
  exporters: [],
  ttlDays: 30,
  rollups: undefined,
  maxDiskBytes: 0,
  http: undefined,
  logFormat: 'text',
  logLevel: 'info',
  name: 'test',
  ...change,
});
