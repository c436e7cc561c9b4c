/**
 * What was lost, minute by minute of receipt: rows of `exporter_loss`, each of which has the totals of its minute and replaces the row
 * that was written before. All of it follows from the frames, so that frames that are read again give the same rows.
 */

import { addressBytes, formatIpv6, parseAddress } from '../../shared/wire/address.ts';
import type { ObservationDomain } from '../decode/observation-domain.ts';
import type { ControlFrame } from '../receive/control-frame.ts';
import type { RowWriter } from '../store/row-writer.ts';
import { AddressCounts } from './address-counts.ts';
import { domainLossColumns, domainLosses } from './domain-losses.ts';

/** Exporters named in a minute for what the receive thread lost, and for having been forgotten; the rest is nobody's. */
const maxReceiveLosers = 1000;
const maxForgotten = 16384;

const minuteSeconds = 60;
const columns = [
  ...domainLossColumns,
  'refused',
  'queue_drops',
  'kernel_drops',
  'journal_drops',
  'not_stored',
] as const;
const columnAt = (name: (typeof columns)[number]): number => columns.indexOf(name);
const [refusedAt, queueDropsAt, kernelDropsAt, journalDropsAt, notStoredAt] = [
  columnAt('refused'),
  columnAt('queue_drops'),
  columnAt('kernel_drops'),
  columnAt('journal_drops'),
  columnAt('not_stored'),
];

/** Key of a row: 16 octets in hex and the Observation Domain. What belongs to no domain stands in domain 0, what to nobody at `::`. */
const keyOf = (exporterHex: string, domain: number): string => `${exporterHex} ${domain}`;
const nobody = keyOf('0'.repeat(2 * addressBytes), 0);
const hexOf = (octets: Uint8Array): string => Buffer.from(octets).toString('hex');

type Sums = Map<string, number[]>;

/** The numbers kept under a key, or nobody's when there are too many keys. */
const numbersOf = (sums: Sums, key: string, max = Number.POSITIVE_INFINITY): number[] => {
  const known = sums.get(key);
  if (known) return known;
  if (sums.size >= max && key !== nobody) return numbersOf(sums, nobody);
  const made = columns.map(() => 0);
  sums.set(key, made);
  return made;
};

const add = (sum: number[], more: readonly number[]): void => {
  for (const [i, number] of more.entries()) sum[i] = (sum[i] ?? 0) + number;
};

/** A domain at the beginning of the minute. One that is forgotten and comes again is another one: it was first heard later. */
interface Beginning {
  readonly firstHeardMicros: number;
  readonly losses: readonly number[];
}

type SavedSums = readonly (readonly [key: string, numbers: readonly number[]])[];

export interface LossState {
  /** Seconds since 1970; null before the first frame. */
  readonly minute: number | null;
  readonly domains: readonly (readonly [key: string, firstHeardMicros: number, losses: readonly number[]])[];
  readonly received: SavedSums;
  readonly forgotten: SavedSums;
  /** Datagrams by address in hex: since the journal began, and in this minute. */
  readonly journalDrops: readonly (readonly [address: string, count: number])[];
  readonly journalDropsOfMinute: readonly (readonly [address: string, count: number])[];
}

export interface LossBooksOptions {
  readonly domains: Iterable<ObservationDomain>;
  readonly rows: Pick<RowWriter, 'add'>;
  readonly collector: string;
}

export class LossBooks {
  readonly #options: LossBooksOptions;
  #minute: number | undefined;
  #beginnings = new Map<string, Beginning>();
  readonly #keys = new WeakMap<ObservationDomain, string>();
  /** Of this minute: what is told of the receive thread and of the store, and of domains that are gone. */
  readonly #received: Sums = new Map();
  readonly #forgotten: Sums = new Map();
  readonly #journalDrops = new AddressCounts();
  readonly #journalDropsOfMinute = new AddressCounts();
  /** Rows of this minute as they were written last. */
  readonly #written = new Map<string, string>();

  constructor(options: LossBooksOptions) {
    this.#options = options;
  }

  /** The time of receipt has come to another second; to be called before the first frame of it is taken. */
  second(micros: number): void {
    const minute = Math.floor(micros / 1e6 / minuteSeconds) * minuteSeconds;
    const last = this.#minute;
    if (last !== undefined && minute <= last) return;
    this.writeMinute();
    this.#minute = minute;
    if (last !== undefined) this.#begin();
  }

  control(frame: ControlFrame): void {
    const rest = numbersOf(this.#received, nobody);
    let { refused, queueDrops } = frame;
    for (const [address, exporterRefused, exporterQueueDrops] of frame.exporters) {
      const octets = parseAddress(address);
      if (!octets) continue;
      const numbers = numbersOf(this.#received, keyOf(hexOf(octets), 0), maxReceiveLosers);
      (numbers[refusedAt] as number) += exporterRefused;
      (numbers[queueDropsAt] as number) += exporterQueueDrops;
      refused -= exporterRefused;
      queueDrops -= exporterQueueDrops;
    }
    (rest[refusedAt] as number) += refused;
    (rest[queueDropsAt] as number) += queueDrops;
    (rest[kernelDropsAt] as number) += frame.kernelDrops;
  }

  journalDrop(address: Uint8Array, at: number): void {
    this.#journalDrops.add(address, at, 1);
    this.#journalDropsOfMinute.add(address, at, 1);
  }

  /** Since the journal began, of an exporter of 16 octets. */
  journalDropsOf(exporter: Uint8Array): number {
    return this.#journalDrops.get(exporter, 0);
  }

  notStored(rows: number): void {
    (numbersOf(this.#received, nobody)[notStoredAt] as number) += rows;
  }

  /** The decoder forgets this domain: what it counted in this minute stays. */
  forget(domain: ObservationDomain): void {
    const key = this.#keyOf(domain);
    const losses = this.#lossesOf(domain, key);
    if (losses.some((count) => count !== 0)) add(numbersOf(this.#forgotten, key, maxForgotten), losses);
  }

  /** Rows of the minute so far, those that changed since they were written. */
  writeMinute(): void {
    const { rows, collector } = this.#options;
    const minute = this.#minute;
    if (minute === undefined) return;
    for (const [key, numbers] of this.#sums()) {
      const text = numbers.join();
      if (this.#written.get(key) === text || numbers.every((count) => count === 0)) continue;
      this.#written.set(key, text);
      const [hex = '', domain] = key.split(' ');
      const row: Record<string, number> = {};
      for (const [i, name] of columns.entries()) row[name] = numbers[i] ?? 0;
      const exporter = formatIpv6(Buffer.from(hex, 'hex'), 0);
      rows.add('exporter_loss', { minute, exporter, domain: Number(domain), collector, ...row });
    }
  }

  save(): LossState {
    return {
      minute: this.#minute ?? null,
      domains: Array.from(this.#beginnings, ([key, { firstHeardMicros, losses }]) => [
        key,
        firstHeardMicros,
        losses,
      ]),
      received: Array.from(this.#received, ([key, numbers]) => [key, [...numbers]]),
      forgotten: Array.from(this.#forgotten, ([key, numbers]) => [key, [...numbers]]),
      journalDrops: [...this.#journalDrops.entries()],
      journalDropsOfMinute: [...this.#journalDropsOfMinute.entries()],
    };
  }

  /** Goes on from what `save` made; for books that are new. @throws Error where it is not of that form; then nothing has changed */
  restore(state: LossState): void {
    if (!isLossState(state)) throw new Error('the books of losses are not of the form that is known');
    this.#minute = state.minute ?? undefined;
    for (const [key, firstHeardMicros, losses] of state.domains)
      this.#beginnings.set(key, { firstHeardMicros, losses });
    for (const [key, numbers] of state.received) this.#received.set(key, [...numbers]);
    for (const [key, numbers] of state.forgotten) this.#forgotten.set(key, [...numbers]);
    const count = (into: AddressCounts, saved: LossState['journalDrops']): void => {
      for (const [address, number] of saved) into.add(Buffer.from(address, 'hex'), 0, number);
    };
    count(this.#journalDrops, state.journalDrops);
    count(this.#journalDropsOfMinute, state.journalDropsOfMinute);
  }

  #begin(): void {
    this.#received.clear();
    this.#forgotten.clear();
    this.#written.clear();
    this.#journalDropsOfMinute.clear();
    this.#beginnings = new Map();
    for (const domain of this.#options.domains) {
      const { firstHeardMicros } = domain;
      this.#beginnings.set(this.#keyOf(domain), { firstHeardMicros, losses: domainLosses(domain) });
    }
  }

  #keyOf(domain: ObservationDomain): string {
    const known = this.#keys.get(domain);
    if (known !== undefined) return known;
    const made = keyOf(hexOf(domain.exporter), domain.domain);
    this.#keys.set(domain, made);
    return made;
  }

  /** Of this minute. */
  #lossesOf(domain: ObservationDomain, key: string): readonly number[] {
    const losses = domainLosses(domain);
    const beginning = this.#beginnings.get(key);
    if (beginning?.firstHeardMicros !== domain.firstHeardMicros) return losses;
    return losses.map((count, i) => count - (beginning.losses[i] ?? 0));
  }

  /** All of this minute, joined by the keys of rows. */
  #sums(): Sums {
    const sums: Sums = new Map();
    for (const domain of this.#options.domains) {
      const key = this.#keyOf(domain);
      const losses = this.#lossesOf(domain, key);
      if (losses.some((count) => count !== 0)) add(numbersOf(sums, key), losses);
    }
    for (const part of [this.#received, this.#forgotten])
      for (const [key, numbers] of part) add(numbersOf(sums, key), numbers);
    for (const [address, count] of this.#journalDropsOfMinute.entries())
      (numbersOf(sums, keyOf(address, 0))[journalDropsAt] as number) += count;
    return sums;
  }
}

const isKey = (key: unknown): boolean => typeof key === 'string' && /^[\da-f]{32} \d{1,10}$/.test(key);
const isAddress = (hex: unknown): boolean => typeof hex === 'string' && /^[\da-f]{32}$/.test(hex);
const areNumbers = (numbers: unknown, count: number): boolean =>
  Array.isArray(numbers) && numbers.length === count && numbers.every(Number.isFinite);
const isListOf = (list: unknown, test: (item: readonly unknown[]) => boolean): boolean =>
  Array.isArray(list) && list.every((item) => Array.isArray(item) && test(item));

const isLossState = (state: LossState | null | undefined): boolean => {
  if (typeof state !== 'object' || state === null) return false;
  const isSums = (sums: unknown): boolean =>
    isListOf(sums, ([key, numbers]) => isKey(key) && areNumbers(numbers, columns.length));
  const areCounts = (counts: unknown): boolean =>
    isListOf(counts, ([address, count]) => isAddress(address) && Number.isFinite(count));
  return (
    (state.minute === null || Number.isSafeInteger(state.minute)) &&
    isListOf(
      state.domains,
      ([key, micros, losses]) =>
        isKey(key) && Number.isFinite(micros) && areNumbers(losses, domainLossColumns.length),
    ) &&
    isSums(state.received) &&
    isSums(state.forgotten) &&
    areCounts(state.journalDrops) &&
    areCounts(state.journalDropsOfMinute)
  );
};
