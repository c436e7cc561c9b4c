/**
 * One piece of a batch, stored once or refused. An INSERT that succeeds at its first attempt is believed. After any other end the rows
 * are counted, when no INSERT of the batch is under way any more: a token is no proof, since the server may have written it down
 * and lost the rows in a crash, and a connection that broke tells nothing.
 */

import { randomUUID } from 'node:crypto';
import type { BackOff } from './back-off.ts';
import type { Piece } from './bisect-batch.ts';
import type { FlowRows } from './flow-rows.ts';
import type { NativeBlock } from './native-block.ts';
import { classifyStoreError, describeStoreError } from './store-error.ts';

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
  readonly token: string;
  /** Somebody may have tried to store these rows already. */
  readonly doubtful: boolean;
  /** Rows of other pieces with the same time of receipt that are stored; undefined: no others can have it. */
  readonly storedBeside: number | undefined;
}

/** What is there of a piece. */
type Presence = 'all' | 'none' | 'some';

/** A bug of ours must not look like an answer of the server. */
const throwOwn = (error: unknown): void => {
  if (error instanceof TypeError || error instanceof RangeError) throw error;
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
        await this.#pause(describeStoreError(error));
      }
    }
  }

  async #settle(work: SettleWork): Promise<Settlement> {
    const { newToken, onRetry } = this.#options;
    const { piece, block } = work;
    let { token, doubtful } = work;
    let presence = doubtful ? await this.#look(work) : 'none';
    let wasTaken = false;
    let impatientAtMs: number | undefined;
    for (;;) {
      if (presence === 'all') return { kind: 'stored', found: !wasTaken };
      if (presence === 'some') {
        if (work.storedBeside !== undefined) return { kind: 'mixed', problem: 'only a part was stored' };
        await this.remove(piece);
      }
      // A token that has rows which are gone, or none, would keep these from being stored.
      if (presence === 'some' || wasTaken) {
        token = newToken();
        doubtful = false;
      }
      const error = await this.#insert(block, token);
      wasTaken = error === undefined;
      if (wasTaken && !doubtful) return { kind: 'stored', found: false };
      doubtful = true;
      if (error !== undefined) {
        const kind = classifyStoreError(error);
        const problem = describeStoreError(error);
        if (kind === 'permanent') return this.#refused(work, problem);
        if (kind === 'overloaded') impatientAtMs ??= performance.now() + this.#options.patienceMs;
        else impatientAtMs = undefined;
        onRetry();
        await this.#pause(problem);
        presence = await this.#look(work);
        if (presence !== 'all' && impatientAtMs !== undefined && performance.now() > impatientAtMs)
          return this.#refused(work, problem);
      } else presence = await this.#look(work);
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

  async #pause(problem: string): Promise<void> {
    const { backOff, signal } = this.#options;
    if (!signal.aborted) await backOff.pause(problem);
    if (signal.aborted) throw new GivenUp();
  }
}
