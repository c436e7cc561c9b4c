/** Times of a Data Record, the slow way: see `reference-decoder.ts`. */

import { type FlowColumn, timeSources } from '../../collector/store/flow-columns.ts';
import type { FieldSpecifier } from '../../shared/protocol/template.ts';
import type { Cell } from './row-reader.ts';

/** What a record is decoded with: its Message, and what is known of its exporter. */
export interface ReferenceContext {
  readonly version: 5 | 9 | 10;
  readonly exporter: string;
  readonly domain: number;
  readonly exportSeconds: number;
  readonly sysUptimeMs: number;
  readonly receivedMicros: number;
  /** From options data; 0: not said. */
  readonly systemInitMs: number;
  readonly configuredRate: number;
  readonly samplers: ReadonlyMap<number, number>;
  readonly rateForAll: number;
  readonly common: number;
  readonly headerRate: number;
}

interface TimeField extends FieldSpecifier {
  readonly octets: Uint8Array;
}

const big = (octets: Uint8Array): bigint => octets.reduce((sum, octet) => sum * 256n + BigInt(octet), 0n);
const highest = 2n ** 53n - 1n;
const clamp = (micros: bigint): bigint => (micros < 0n ? 0n : micros > highest ? highest : micros);

const lengthsOf = (spec: string): readonly number[] => {
  if (/SysUpTime|DeltaMicroseconds/.test(spec)) return [4];
  return spec.endsWith('Seconds') ? [4, 8] : [8];
};

const microsOf = (spec: string, value: bigint, init: bigint, context: ReferenceContext): bigint => {
  const exported = BigInt(context.exportSeconds) * 1_000_000n;
  if (spec.endsWith('SysUpTime')) {
    if (context.version === 10 && (init === 0n || init > 9_000_000_000_000n)) return 0n;
    // 32 bits of milliseconds: of all times that they can mean, the one nearest to the export is meant.
    const now = context.version === 10 ? exported / 1000n - init : BigInt(context.sysUptimeMs);
    return clamp(exported - BigInt.asIntN(32, now - value) * 1000n);
  }
  if (spec.endsWith('DeltaMicroseconds')) return clamp(exported - value);
  if (spec.endsWith('Milliseconds')) return clamp(value * 1000n);
  if (/Micro|Nano/.test(spec)) {
    // RFC 7011 6.1.9 and 6.1.10: seconds since 1900 and a fraction of 2^32.
    const seconds = (value >> 32n) - 2_208_988_800n;
    return value === 0n ? 0n : clamp(seconds * 1_000_000n + (((value & 0xffffffffn) * 1_000_000n) >> 32n));
  }
  return clamp(value * 1_000_000n);
};

const sourceOf = (spec: string): number => {
  if (spec.startsWith('observation')) return timeSources.event;
  if (spec.endsWith('SysUpTime')) return timeSources.uptime;
  if (spec.endsWith('DeltaMicroseconds')) return timeSources.delta;
  if (spec.endsWith('Milliseconds')) return timeSources.milliseconds;
  if (spec.endsWith('Microseconds')) return timeSources.microseconds;
  return spec.endsWith('Nanoseconds') ? timeSources.nanoseconds : timeSources.seconds;
};

/** flow_start, flow_end, time and time_source; `use` is told of each field that was taken. */
export const referenceTime = (
  find: (spec: string) => TimeField | undefined,
  use: (field: TimeField) => void,
  columns: readonly FlowColumn[],
  context: ReferenceContext,
): Readonly<Record<string, Cell>> => {
  const inRecord = context.version === 10 ? find('systemInitTimeMilliseconds') : undefined;
  const init = inRecord?.lengthBytes === 8 ? inRecord : undefined;
  const read = (name: string): { micros: bigint; source: number } | undefined => {
    for (const spec of columns.find((c) => c.name === name)?.from ?? []) {
      const field = find(spec);
      if (!field || !lengthsOf(spec).includes(field.lengthBytes)) continue;
      const needsInit = context.version === 10 && spec.endsWith('SysUpTime');
      if (needsInit && init) use(init);
      const isLost = needsInit && !init && context.systemInitMs === 0;
      if (!isLost) use(field);
      const boot = init ? big(init.octets) : BigInt(context.systemInitMs);
      return { micros: microsOf(spec, big(field.octets), boot, context), source: sourceOf(spec) };
    }
    return undefined;
  };
  const start = read('flow_start');
  const end = read('flow_end');
  const startMicros = start?.micros ?? 0n;
  const endMicros = end?.micros ?? 0n;
  const believed = endMicros || startMicros;
  const received = BigInt(context.receivedMicros);
  const isFine = (micros: bigint): boolean =>
    micros > 946_684_800_000_000n && micros < received + 86_400_000_000n;
  const good = isFine(believed) && isFine(startMicros || believed);
  const source = good ? (end ?? start)?.source : believed > 0n ? timeSources.absurd : timeSources.received;
  return {
    flow_start: startMicros,
    flow_end: endMicros,
    time: Number((good ? believed : received) / 1_000_000n),
    time_source: source ?? timeSources.received,
  };
};
