/**
 * A standing watch for known-bad addresses: rows are read by receipt, up to where everything is known to be stored. `rollups` says that for each collector,
 * because a rollup is made of windows whose rows are all there; so each row is read once, whatever was retried, and in whatever order batches came. Where a
 * collector makes no rollups, the clock has to do.
 */

import { setTimeout } from 'node:timers/promises';
import { ConfigError } from '../../shared/service/config-error.ts';
import type { LedgerView } from '../ask/ledger-view.ts';
import type { FollowedRows, Question, Row } from '../ask/report.ts';
import { type ContactList, countEntries } from './contact-list.ts';
import { arrangeContacts, contactsSql } from './contact-rows.ts';
import { type ConversationRules, conversationRows, findConversationRules } from './conversation-sql.ts';

export interface WatchOptions {
  readonly question: Question;
  readonly ledger: LedgerView;
  readonly signal: AbortSignal;
  /** Throws ConfigError. */
  readonly readList: () => Promise<ContactList>;
  /** Changes when the file does; throws where it cannot be read. */
  readonly fingerprint: () => Promise<string>;
  readonly pollMs?: number;
}

const defaultPollMs = 2000;
const maxPauseMs = 30_000;
/** Every time that a row can have lies before. */
const forEver = 9e15;

interface Progress {
  readonly collector: string;
  /** Microseconds of receipt. */
  readonly since: number;
  readonly until: number;
  readonly now: number;
  readonly is_by_clock: number;
}

/** Rows are stored some seconds after receipt. */
const clockLagSeconds = 60;

/** Rollups of windows of receipt. Each has all that was received before; some are made every ten seconds, and others by the minute. */
const byWindow = "rollup IN ('nat_log', 'connections', 'flows_1m')";

const progressSql = `SELECT collector, toUnixTimestamp64Micro(min(r.since)) AS since, toUnixTimestamp64Micro(max(r.until)) AS until,
  toUnixTimestamp64Micro(now64(6)) AS now, 0 AS is_by_clock
FROM rollups AS r FINAL WHERE ${byWindow} GROUP BY collector
UNION ALL
SELECT collector, toInt64(toUnixTimestamp(min(first_seen))) * 1000000, toUnixTimestamp64Micro(now64(6)) - ${clockLagSeconds * 1e6}, toUnixTimestamp64Micro(now64(6)), 1
FROM exporters WHERE collector NOT IN (SELECT collector FROM rollups WHERE ${byWindow}) GROUP BY collector
ORDER BY collector`;

const inWindow = `collector = {collector:String} AND received >= fromUnixTimestamp64Micro({window_from:Int64})
  AND received < fromUnixTimestamp64Micro({window_until:Int64})`;

/** What is known between two polls. */
class Watch {
  readonly #options: WatchOptions;
  /** A collector's rows were read up to here, microseconds of receipt. */
  readonly #read = new Map<string, number>();
  #begun: number | undefined;
  #list: ContactList | undefined;
  #fingerprint = '';
  #rules: ConversationRules | undefined;
  readonly #byClock = new Set<string>();

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  /** Rows that are stored now and were not at the last poll. Where it throws, the next poll begins where this one did. */
  async *poll(): AsyncGenerator<FollowedRows> {
    const { ledger, question } = this.#options;
    const list = this.#list;
    if (list === undefined) throw new Error('the list is read first');
    this.#rules ??= await findConversationRules(ledger);
    const where = `(${list.isListed('dst_addr')} OR ${list.isListed('src_addr')})`;
    const { filter } = question;
    const sql = contactsSql(conversationRows({ rules: this.#rules, filter, where, range: inWindow }));
    const progress = await ledger.ask<Progress>({ sql: progressSql, params: {} });
    const isFirst = this.#begun === undefined;
    this.#begun ??= Number(progress[0]?.now ?? ledger.nowMicros);
    for (const { collector, since, until, is_by_clock } of progress) {
      if (is_by_clock === 1 && !this.#byClock.has(collector)) {
        this.#byClock.add(collector);
        const remark = `collector ${collector} makes no rollups: its contacts come ${clockLagSeconds} s after receipt, and what is stored later than that is missed`;
        yield { rows: [], remarks: [remark] };
      }
      // A collector that comes later is read from its beginning, if that is after ours.
      const from =
        this.#read.get(collector) ?? (isFirst ? Number(until) : Math.max(Number(since), this.#begun));
      const window = { collector, window_from: from, window_until: Number(until) };
      const params = { from: 0, to: forEver, ...filter?.params, ...list.params, ...window };
      const rows =
        window.window_until > from
          ? await ledger.ask<Row>({ sql: `${sql}\nORDER BY first${this.#rules.settings}`, params })
          : [];
      this.#read.set(collector, Math.max(from, window.window_until));
      const contacts = arrangeContacts(rows, list);
      if (contacts.length > 0) yield { rows: contacts, remarks: [] };
    }
  }

  /** Reads the list when it is another one; a remark then. */
  async refreshList(): Promise<readonly string[]> {
    const fingerprint = await this.#options.fingerprint().catch(() => this.#fingerprint);
    if (this.#list !== undefined && fingerprint === this.#fingerprint) return [];
    const isFirst = this.#list === undefined;
    this.#fingerprint = fingerprint;
    try {
      this.#list = await this.#options.readList();
      const entries = countEntries(this.#list);
      return [isFirst ? `watching ${entries}; ctrl-c ends` : `the list has changed: ${entries}`];
    } catch (error) {
      if (isFirst || !(error instanceof ConfigError)) throw error;
      return [`the list has changed and cannot be used, so the last one holds: ${error.message}`];
    }
  }
}

const pause = async (ms: number, signal: AbortSignal): Promise<void> => {
  await setTimeout(ms, undefined, { signal }).catch(() => undefined);
};

/**
 * Contacts as they are stored, from now on until `signal` is aborted. Each record is in one of them. That ClickHouse is away is remarked once, and again when
 * it is back: nothing is missed. Throws what the first poll throws.
 */
export async function* watchContacts(options: WatchOptions): AsyncGenerator<FollowedRows> {
  const { signal, pollMs = defaultPollMs } = options;
  const watch = new Watch(options);
  let failures = 0;
  for (let polls = 0; !signal.aborted; polls++) {
    const remarks = await watch.refreshList();
    if (remarks.length > 0) yield { rows: [], remarks };
    try {
      yield* watch.poll();
      if (failures > 0) yield { rows: [], remarks: ['ClickHouse answers again'] };
      failures = 0;
    } catch (error) {
      if (polls === 0) throw error;
      failures++;
      if (failures === 1) yield { rows: [], remarks: [`no answer, trying on: ${(error as Error).message}`] };
    }
    await pause(Math.min(pollMs * 2 ** Math.min(failures, 10), Math.max(pollMs, maxPauseMs)), signal);
  }
}
