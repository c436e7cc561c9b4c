/**
 * One piece of a batch, stored once or refused. An INSERT that succeeds at its first attempt is believed. After any other end the rows
 * are counted, when no INSERT of the batch is under way any more: a token is no proof, since the server may have written it down
 * and lost the rows in a crash, and a connection that broke tells nothing.
 *
 * Rows are in `flows` before they are in the tables of its materialized views. When all are found, and nobody said that the INSERT had
 * come to its end, it is made once more under the same token: `flows` knows the token and stays as it is, a view that had not
 * come to its turn gets its rows.
 */

import { randomUUID } from 'node:crypto';
import { ClickHouseError } from '@clickhouse/client';
import type { BackOff } from './back-off.ts';
import type { Piece } from './bisect-batch.ts';
import type { FlowRows } from './flow-rows.ts';
import type { NativeBlock } from './native-block.ts';
import { classifyStoreError, describeStoreError, type StoreErrorKind } from './store-error.ts';
import type { ViewRepair } from './view-repair.ts';

/** Thrown to end everything that waits. */
export class GivenUp extends Error {
  override readonly message = 'ClickHouse is not waited for any longer';
}

export type Settlement =
  /** `found`: by counting, and no INSERT of ours said so. */
  | { readonly kind: 'stored'; readonly found: boolean }
  /** `left`: the INSERT failed and left rows behind, as it does when a view refuses them; they are gone again. */
  | { readonly kind: 'refused'; readonly problem: string; readonly left: boolean }
  /** Only where rows of other pieces share the time of receipt: what is there cannot be told apart from theirs. */
  | { readonly kind: 'mixed'; readonly problem: string };

export interface SettlerOptions {
  readonly rows: FlowRows;
  readonly views: Pick<ViewRepair, 'isPossible' | 'forgo'>;
  /** Names the batch: all its query ids begin with it and a slash. */
  readonly token: string;
  readonly backOff: BackOff;
  readonly signal: AbortSignal;
  readonly patienceMs: number;
  readonly onRetry: () => void;
  /** Unique among all tokens of this batch, those of earlier runs included. */
  readonly newToken: () => string;
}

export interface SettleWork {
  readonly piece: Piece;
  readonly block: NativeBlock;
  /** Under which it is sent. Where it is doubtful: under which it was sent last. */
  readonly token: string;
  /** Somebody may have tried to store these rows already. */
  readonly doubtful: boolean;
  /** They may have been sent in pieces, under tokens that nobody knows any more. */
  readonly isDivided?: boolean;
  /** Awaited before the rows are sent under another token. */
  readonly onToken?: ((token: string) => Promise<void>) | undefined;
  /** Rows of other pieces with the same time of receipt that are stored; undefined: no others can have it. */
  readonly storedBeside: number | undefined;
}

/** What is there of a piece. */
type Presence = 'all' | 'none' | 'some';

/** A bug of ours must not look like an answer of the server. */
const throwOwn = (error: unknown): void => {
  if (!(error instanceof ClickHouseError) && classifyStoreError(error) === 'permanent') throw error;
};

export class PieceSettler {
  readonly #options: SettlerOptions;
  /** Pieces tried so far. */
  pieces = 0;

  constructor(options: SettlerOptions) {
    this.#options = options;
  }

  /** Throws GivenUp, and what is our own error; all else is in the result. */
  async settle(work: SettleWork): Promise<Settlement> {
    this.pieces++;
    return this.end(await this.#settle(work));
  }

  /** What was waited for is here: trouble is over, and pauses are short again. */
  end<Result>(result: Result): Result {
    this.#options.backOff.succeeded();
    return result;
  }

  /** Rows between these times, once nothing is under way that could add to them. */
  async count(range: Pick<Piece, 'firstMicros' | 'lastMicros'>): Promise<number> {
    const { rows, token } = this.#options;
    while ((await this.insist(() => rows.countRunning(`${token}/`))) > 0)
      await this.#pause('an INSERT of this batch is still under way');
    return this.insist(() => rows.count(range));
  }

  async remove(range: Pick<Piece, 'firstMicros' | 'lastMicros'>): Promise<void> {
    const { rows } = this.#options;
    for (;;) {
      await this.insist(() => rows.remove(range));
      if ((await this.insist(() => rows.count(range))) === 0) return;
      await this.#pause('rows that are to be removed are still there');
    }
  }

  /** Repeats a request until it succeeds, whatever is said. */
  async insist<Result>(request: () => Promise<Result>): Promise<Result> {
    for (;;) {
      try {
        return await request();
      } catch (error) {
        throwOwn(error);
        await this.#pause(describeStoreError(error), classifyStoreError(error));
      }
    }
  }

  async #settle(work: SettleWork): Promise<Settlement> {
    const { newToken, onRetry, views } = this.#options;
    const { piece, block, onToken } = work;
    let { token, doubtful } = work;
    let presence = doubtful ? await this.#look(work) : 'none';
    let wasTaken = false;
    let isRepeated = false;
    let refusal: string | undefined;
    let impatientAtMs: number | undefined;
    for (;;) {
      const isImpatient = impatientAtMs !== undefined && performance.now() > impatientAtMs;
      if (presence === 'all') {
        const mayLack = !wasTaken && !work.isDivided && (await this.insist(() => views.isPossible()));
        if (mayLack && isImpatient) views.forgo(refusal ?? '');
        if (!mayLack || isImpatient) return { kind: 'stored', found: !wasTaken || isRepeated };
      } else if (isImpatient) return this.#refused(work, refusal ?? '');
      if (presence === 'some') {
        if (work.storedBeside !== undefined) return { kind: 'mixed', problem: 'only a part was stored' };
        await this.remove(piece);
      }
      // A token that has rows which are gone, or none, would keep these from being stored.
      // A server that died may know it without them; then it fills views under it, and they would have the rows twice.
      const mayBeBurnt = doubtful && presence === 'none' && !wasTaken;
      const isUnsafe = mayBeBurnt && (await this.insist(() => views.isPossible()));
      if (presence === 'some' || wasTaken || isUnsafe) {
        token = newToken();
        await onToken?.(token);
        doubtful = isUnsafe;
      }
      isRepeated = presence === 'all';
      const error = await this.#insert(block, token);
      wasTaken = error === undefined;
      if (wasTaken && !doubtful) return { kind: 'stored', found: false };
      doubtful = true;
      if (error !== undefined) {
        const kind = classifyStoreError(error);
        refusal = describeStoreError(error);
        if (kind === 'permanent') return this.#refused(work, refusal);
        if (kind === 'overloaded') impatientAtMs ??= performance.now() + this.#options.patienceMs;
        else impatientAtMs = undefined;
        onRetry();
        await this.#pause(refusal, kind);
      }
      presence = await this.#look(work);
    }
  }

  /** What a failed INSERT left behind is taken away. */
  async #refused(work: SettleWork, problem: string): Promise<Settlement> {
    const left = (await this.#look(work)) !== 'none';
    if (left && work.storedBeside !== undefined) return { kind: 'mixed', problem };
    if (left) await this.remove(work.piece);
    return { kind: 'refused', problem, left };
  }

  async #look({ piece, storedBeside = 0 }: SettleWork): Promise<Presence> {
    const count = (await this.count(piece)) - storedBeside;
    if (count === piece.to - piece.from) return 'all';
    return count === 0 ? 'none' : 'some';
  }

  /** What the INSERT failed with. */
  async #insert(block: NativeBlock, token: string): Promise<unknown> {
    const { rows, token: batchToken, signal } = this.#options;
    try {
      await rows.insert(block, token, `${batchToken}/${randomUUID()}`);
      return undefined;
    } catch (error) {
      throwOwn(error);
      if (signal.aborted) throw new GivenUp();
      return error ?? new Error('failed');
    }
  }

  async #pause(problem: string, kind?: StoreErrorKind): Promise<void> {
    const { backOff, signal } = this.#options;
    if (!signal.aborted) await backOff.pause(problem, kind);
    if (signal.aborted) throw new GivenUp();
  }
}
