import type { StatusReading } from '../../collector/status-line.ts';

/** A collector that has just started. */
export const zeroReading: StatusReading = {
  atMs: 0,
  datagrams: 0,
  flows: 0,
  stored: 0,
  notStored: 0,
  lagMs: 0,
  journal: undefined,
  kernelDrops: 0,
  queueDrops: 0,
  journalDrops: 0,
  refused: 0,
  exporters: 0,
  problem: undefined,
};
