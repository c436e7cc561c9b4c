/**
 * Stands in for the ExactWriter and the table `flows` behind it: it keeps rows, and a hash of each block that it was offered. What becomes
 * of an offer is for the test to say.
 */

import { createHash } from 'node:crypto';
import type { ColumnBatch } from '../../collector/store/column-batch.ts';
import type { BatchRange, OnToken, StoreOutcome } from '../../collector/store/exact-writer.ts';
import { NativeBlockMaker } from '../../collector/store/native-block.ts';
import { readRows } from './row-reader.ts';

export interface FlowRow {
  readonly micros: number;
  /** All columns. */
  readonly text: string;
}

export interface Offer extends BatchRange {
  readonly mode: 'new' | 'recover';
  readonly rows: readonly FlowRow[];
  /** Of the octets of the block. */
  readonly hash: string;
}

/**
 * `store`: and say so; `lose`: the rows are there, and the answer never comes; `part`: so, with the first half of them; `hang`: nothing
 * happens; a number: that many rows are refused, and end in the quarantine.
 */
export type Fate = 'store' | 'lose' | 'part' | 'hang' | number;

const textOf = (row: object): string =>
  JSON.stringify(row, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));

export class FakeFlows {
  rows: FlowRow[] = [];
  quarantined: FlowRow[] = [];
  readonly offers: Offer[] = [];
  /** Asked for each offer, once its intent is logged. */
  fate: (offer: Offer) => Fate | Promise<Fate> = () => 'store';
  /** Under which batches are sent in the end. */
  otherToken: string | undefined;
  #giveUp = (): void => {};
  readonly #givenUp: Promise<StoreOutcome>;
  #isGivenUp = false;

  constructor(rows: readonly FlowRow[] = []) {
    this.rows = [...rows];
    this.#givenUp = new Promise((resolve) => {
      this.#giveUp = () => resolve({ kind: 'given-up' });
    });
  }

  readonly store = async (
    batch: ColumnBatch,
    range: BatchRange,
    mode: 'new' | 'recover',
    onToken?: OnToken,
  ): Promise<StoreOutcome> => {
    const hash = createHash('sha256');
    for (const buffer of new NativeBlockMaker(batch.columns).make(batch).buffers) hash.update(buffer);
    const rows = readRows(batch).map((row) => ({ micros: Number(row.received), text: textOf(row) }));
    const { firstMicros, lastMicros, token } = range;
    const offer = { firstMicros, lastMicros, token, mode, rows, hash: hash.digest('hex') };
    this.offers.push(offer);
    if (this.#isGivenUp) return { kind: 'given-up' };
    const told = { kind: 'stored', lengthBytes: 1, milliseconds: 500 } as const;
    if (mode === 'recover' && (await this.count(range)) === rows.length)
      return { ...told, stored: rows.length, quarantined: 0, found: true };
    if (this.otherToken !== undefined) await onToken?.(this.otherToken);
    const fate = await Promise.race([this.#givenUp, this.fate(offer)]);
    if (typeof fate === 'object') return fate;
    if (fate === 'hang') return this.#givenUp;
    if (mode === 'recover') {
      this.rows = this.rows.filter((row) => !isWithin(row, range));
      this.quarantined = this.quarantined.filter((row) => !isWithin(row, range));
    }
    const refused = typeof fate === 'number' ? fate : 0;
    this.quarantined.push(...rows.slice(0, refused));
    this.rows.push(...(fate === 'part' ? rows.slice(0, rows.length >> 1) : rows.slice(refused)));
    if (fate === 'lose' || fate === 'part') return this.#givenUp;
    const stored = rows.length - refused;
    return { ...told, stored, quarantined: refused, found: false };
  };

  readonly count = async (range: BatchRange): Promise<number> =>
    this.rows.filter((row) => isWithin(row, range)).length;

  readonly giveUp = (): void => {
    this.#isGivenUp = true;
    this.#giveUp();
  };

  /** All rows in an order that does not depend on when they were stored. */
  get texts(): readonly string[] {
    return this.rows.map(({ text }) => text).sort();
  }
}

const isWithin = ({ micros }: FlowRow, { firstMicros, lastMicros }: BatchRange): boolean =>
  micros >= firstMicros && micros <= lastMicros;
