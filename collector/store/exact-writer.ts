/** Batches into `flows`, each row once: through lost answers, crashes of either side, and rows that ClickHouse refuses. */

import { randomBytes } from 'node:crypto';
import { BackOff } from './back-off.ts';
import {
  bisectByReceipt,
  bisectByRows,
  type Piece,
  type ReceivedMicros,
  receivedOf,
} from './bisect-batch.ts';
import type { ColumnBatch } from './column-batch.ts';
import { FlowRows, type FlowRowsOptions, type ReceiptRange } from './flow-rows.ts';
import { Gate } from './gate.ts';
import { NativeBlockMaker } from './native-block.ts';
import type { Quarantine } from './quarantine.ts';
import { GivenUp, PieceSettler, type Settlement } from './settle-piece.ts';
import { ViewRepair } from './view-repair.ts';

/** Of one batch; past them the pieces that are left go to the quarantine as they are, so that one batch cannot hold up the rest. */
const defaultMaxInserts = 4096;
const defaultPatienceMs = 300_000;

/** Of receipt: no row of this collector that is not of this batch lies in it, all of this batch do. */
export interface BatchRange extends ReceiptRange {
  /**
   * Names the batch, and nothing else ever: letters, digits, `-` and `_`. To recover, it is the one that was said last (`OnToken`): with a
   * dot and more behind the name.
   */
  readonly token: string;
}

/**
 * The rows are about to be sent under this token instead: who recovers the batch later has to say so. That is written down before rows
 * are sent, as the batch itself was.
 */
export type OnToken = (token: string) => Promise<void>;

export type StoreOutcome =
  | {
      readonly kind: 'stored';
      readonly stored: number;
      readonly quarantined: number;
      /** They were there: an earlier INSERT had stored them, and nobody had been told. */
      readonly found: boolean;
      /** Octets of the whole batch, and the time from the first attempt to the end. */
      readonly lengthBytes: number;
      readonly milliseconds: number;
    }
  /** `giveUp` was called: whether the rows are there, nobody knows. */
  | { readonly kind: 'given-up' };

export interface ExactWriterOptions extends Omit<FlowRowsOptions, 'signal'> {
  readonly quarantine: Pick<Quarantine, 'keep' | 'forget'>;
  readonly insertsInFlight?: number;
  /** A server that answers, but says `not now`, is asked again for so long; then its word is taken for a refusal. */
  readonly patienceMs?: number;
  readonly maxInserts?: number;
  /** Before each pause: what went wrong. When it is over: undefined. */
  readonly onTrouble?: (problem: string | undefined) => void;
  /** Before an INSERT is made again. */
  readonly onRetry?: () => void;
  /** What the operator should know about views of `flows` when a crash was survived; each text of it is told once. */
  readonly onRemark?: (text: string) => void;
}

/** A batch on its way. */
interface Work {
  readonly batch: ColumnBatch;
  readonly name: string;
  readonly blocks: NativeBlockMaker;
  readonly settler: PieceSettler;
  readonly newToken: () => string;
  readonly received: ReceivedMicros;
  stored: number;
  quarantined: number;
}

/** Behind the name of a batch: it was sent in pieces. */
const divided = '.pieces';

/** Query ids and files have it, whatever the token. */
const nameOf = ({ token }: BatchRange): string => token.split('.', 1)[0] ?? '';

const rowsOf = ({ from, to }: Piece): number => to - from;

export class ExactWriter {
  readonly #options: ExactWriterOptions;
  readonly #gate: Gate;
  readonly #abort = new AbortController();
  readonly #rows: FlowRows;
  readonly #views: ViewRepair;
  readonly #maxInserts: number;

  constructor(options: ExactWriterOptions) {
    this.#options = options;
    this.#gate = new Gate(options.insertsInFlight ?? 2);
    this.#rows = new FlowRows({ ...options, signal: this.#abort.signal });
    this.#views = new ViewRepair({ ...options, signal: this.#abort.signal });
    this.#maxInserts = options.maxInserts ?? defaultMaxInserts;
  }

  /**
   * Stores the rows of `batch`, which are in the order of their receipt and belong to the writer until the promise is settled.
   * `recover`: somebody may have begun before. Never rejects for what ClickHouse says.
   */
  store(
    batch: ColumnBatch,
    range: BatchRange,
    mode: 'new' | 'recover',
    onToken?: OnToken,
  ): Promise<StoreOutcome> {
    return this.#gate.run(async () => {
      // It names files, too.
      if (!/^[\w.-]+$/.test(range.token)) throw new Error(`not a token: ${range.token}`);
      try {
        return await this.#store(batch, range, mode, onToken);
      } catch (error) {
        if (error instanceof GivenUp) return { kind: 'given-up' };
        throw error;
      }
    });
  }

  /** Rows in the range, once no INSERT of the batch is under way. Waits for the server; rejects when `giveUp` is called. */
  async count(range: BatchRange): Promise<number> {
    const settler = this.#makeSettler(nameOf(range));
    return settler.end(await settler.count(range));
  }

  /** Waits for the server; rejects when `giveUp` is called. */
  async tableExists(): Promise<boolean> {
    const settler = this.#makeSettler('');
    return settler.end(await settler.insist(() => this.#rows.tableExists()));
  }

  /** From now on nothing is tried again, and nobody waits for what is under way. */
  giveUp(): void {
    this.#abort.abort();
  }

  #makeSettler(token: string, newToken = (): string => token): PieceSettler {
    const { onTrouble, onRetry, patienceMs } = this.#options;
    const { signal } = this.#abort;
    const backOff = new BackOff({ signal, ...(onTrouble ? { onTrouble } : {}) });
    return new PieceSettler({
      ...{ rows: this.#rows, views: this.#views, token, backOff, signal, newToken },
      patienceMs: patienceMs ?? defaultPatienceMs,
      onRetry: onRetry ?? (() => undefined),
    });
  }

  async #store(
    batch: ColumnBatch,
    range: BatchRange,
    mode: 'new' | 'recover',
    onToken: OnToken | undefined,
  ): Promise<StoreOutcome> {
    const startedAt = performance.now();
    const { firstMicros, lastMicros, token } = range;
    const { rows } = batch;
    const outcome = (
      stored: number,
      quarantined: number,
      found: boolean,
      lengthBytes: number,
    ): StoreOutcome => ({
      ...{ kind: 'stored', stored, quarantined, found, lengthBytes },
      milliseconds: performance.now() - startedAt,
    });
    if (rows === 0) return outcome(0, 0, false, 0);
    if (this.#abort.signal.aborted) throw new GivenUp();
    const name = nameOf(range);
    if (mode === 'recover') await this.#options.quarantine.forget(name);
    const run = randomBytes(4).toString('hex');
    let tokens = 0;
    const newToken = (): string => `${name}.${run}.${tokens++}`;
    const settler = this.#makeSettler(name, newToken);
    const blocks = new NativeBlockMaker(batch.columns, { collector: this.#options.collector });
    const block = blocks.make(batch);
    const piece = { from: 0, to: rows, firstMicros, lastMicros };
    const doubtful = mode === 'recover';
    const isDivided = token.endsWith(divided);
    const whole = await settler.settle({
      ...{ piece, block, token, doubtful, isDivided, onToken },
      storedBeside: undefined,
    });
    if (whole.kind === 'stored') return outcome(rows, 0, whole.found, block.lengthBytes);
    await onToken?.(`${name}${divided}`);
    const received = receivedOf(batch);
    const work = { batch, name, blocks, settler, newToken, received, stored: 0, quarantined: 0 };
    await this.#divide(work, piece, whole);
    return outcome(work.stored, work.quarantined, false, block.lengthBytes);
  }

  /** Stores what can be stored of a piece that was refused as a whole. */
  async #divide(work: Work, piece: Piece, refusal: Exclude<Settlement, { kind: 'stored' }>): Promise<void> {
    const halves = bisectByReceipt(piece, work.received);
    if (!halves) return this.#divideDatagram(work, piece, refusal);
    for (const half of halves) {
      if (this.#isExhausted(work)) {
        await this.#quarantine(work, half, refusal.problem);
        continue;
      }
      const result = await this.#settle(work, half, undefined);
      if (result.kind === 'stored') work.stored += rowsOf(half);
      else await this.#divide(work, half, result);
    }
  }

  /** Rows of one datagram cannot be told apart by time: they are counted against those of it that are stored. */
  async #divideDatagram(
    work: Work,
    datagram: Piece,
    refusal: Exclude<Settlement, { kind: 'stored' }>,
  ): Promise<void> {
    // What a view refuses is in `flows` when the INSERT fails; it would have to be taken away row by row.
    if (refusal.kind === 'mixed' || refusal.left) return this.#quarantine(work, datagram, refusal.problem);
    let stored = 0;
    const refused: (readonly [Piece, string])[] = [];
    const pending = [{ piece: datagram, problem: refusal.problem }];
    for (let next = pending.pop(); next; next = pending.pop()) {
      const halves = this.#isExhausted(work) ? undefined : bisectByRows(next.piece);
      if (!halves) refused.push([next.piece, next.problem]);
      for (const half of halves ?? []) {
        const result = await this.#settle(work, half, stored);
        if (result.kind === 'stored') stored += rowsOf(half);
        else if (result.kind === 'refused') pending.push({ piece: half, problem: result.problem });
        else {
          await work.settler.remove(datagram);
          return this.#quarantine(work, datagram, result.problem);
        }
      }
    }
    work.stored += stored;
    for (const [piece, problem] of refused) await this.#quarantine(work, piece, problem);
  }

  #settle(work: Work, piece: Piece, storedBeside: number | undefined): Promise<Settlement> {
    const { blocks, batch, settler, newToken } = work;
    const block = blocks.make(batch, piece.from, piece.to);
    return settler.settle({ piece, block, token: newToken(), doubtful: false, storedBeside });
  }

  #isExhausted({ settler }: Work): boolean {
    return settler.pieces >= this.#maxInserts;
  }

  async #quarantine(work: Work, piece: Piece, reason: string): Promise<void> {
    const { blocks, batch, name } = work;
    const { from, to, firstMicros, lastMicros } = piece;
    const block = blocks.make(batch, from, to);
    work.quarantined += rowsOf(piece);
    await this.#options.quarantine.keep({
      token: name,
      from,
      rows: to - from,
      firstMicros,
      lastMicros,
      reason,
      block,
    });
  }
}
