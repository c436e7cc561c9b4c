/** Which times NetFlow v9 can say as milliseconds since the boot (FIRST_SWITCHED and LAST_SWITCHED, RFC 3954 8). */

import type { FlowRecord } from '../meter/flow-record.ts';
import { shapeBits } from './record-shape.ts';

const twoTo32 = 2 ** 32;
/** Less than half of 2^32 ms, so that a collector can tell times before the boot's next wrap from those after it. */
const maxUptimeDistanceMs = 24 * 86_400_000;

/**
 * Readers differ in what they make of an uptime that is of another turn of the 32 bits than the header's (every 49.7 days), or of
 * before the boot; and none can tell what is half a turn away.
 */
const isUptime = (micros: number, bootMs: number, nowMs: number): boolean => {
  const uptimeMs = micros / 1000 - bootMs;
  if (uptimeMs < 0 || Math.abs(nowMs - micros / 1000) > maxUptimeDistanceMs) return false;
  return Math.floor(uptimeMs / twoTo32) === Math.floor((nowMs - bootMs) / twoTo32);
};

/** The bit of a shape, where both times of the record can be said so; else 0. */
export const uptimeBit = (record: FlowRecord, bootMs: number, nowMs: number): number => {
  if (record.form !== 'flow' && record.form !== 'aggregate') return 0;
  if (record.startMicros !== 0 && !isUptime(record.startMicros, bootMs, nowMs)) return 0;
  return isUptime(record.endMicros, bootMs, nowMs) ? shapeBits.uptime : 0;
};
