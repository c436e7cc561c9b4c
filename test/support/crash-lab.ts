/** A collector of many lives: always on the same port and directory, killed and started again, with what happened written down. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { findFreePort } from './free-port.ts';
import { type JournalTruth, readJournalTruth } from './journal-truth.ts';
import { findLedgerFaults, type LedgerFaults } from './ledger-check.ts';
import type { NumberGap } from './number-book.ts';
import { launchCollector, type RunningCollector } from './running-collector.ts';
import { askRows, type SqlTarget } from './sql-client.ts';
import { temporaryDirectory } from './temporary-directory.ts';
import { until } from './until.ts';

export interface CrashLabOptions {
  readonly args?: readonly string[];
  /** Where rows go; undefined: into the embedded ClickHouse. */
  readonly server?: { readonly argument: string; readonly target: SqlTarget };
  /** Default: `journal` in the data directory. */
  readonly journalDir?: string;
}

/** Milliseconds since 1970. */
interface Downtime {
  readonly fromMs: number;
  /** When it listened again, as its output said. */
  readonly toMs: number;
}

const settledWithinMs = 60_000;

export class CrashLab {
  readonly dataDir: string;
  readonly port: number;
  readonly downtimes: Downtime[] = [];
  collectorKills = 0;
  serverKills = 0;
  /** Peak of the collector's resident memory over all its lives. */
  peakBytes = 0;
  readonly #t: Test;
  readonly #options: CrashLabOptions;
  #collector: RunningCollector | undefined;
  #downSinceMs = Date.now();
  #announced = false;

  private constructor(t: Test, port: number, options: CrashLabOptions) {
    this.#t = t;
    this.port = port;
    this.#options = options;
    this.dataDir = temporaryDirectory(t);
  }

  static async open(t: Test, options: CrashLabOptions = {}): Promise<CrashLab> {
    return new CrashLab(t, await findFreePort('udp'), options);
  }

  get collector(): RunningCollector {
    if (!this.#collector) throw new Error('the collector was never started');
    return this.#collector;
  }

  get journalDir(): string {
    return this.#options.journalDir ?? join(this.dataDir, 'journal');
  }

  get target(): SqlTarget {
    const { server } = this.#options;
    if (server) return server.target;
    const { url, database } = this.collector.endpoint;
    return { url, database, password: this.collector.password };
  }

  /** Starts it and waits for nothing. */
  launch(...more: readonly string[]): RunningCollector {
    const { args = [], server, journalDir } = this.#options;
    const journal = journalDir === undefined ? [] : ['--journal', journalDir];
    const store = server ? ['--clickhouse', server.argument] : [];
    this.#announced = false;
    this.#collector = launchCollector(this.#t, {
      listen: [`udp://127.0.0.1:${this.port}`],
      dataDir: this.dataDir,
      args: ['--journal-keep', '1d', '--name', 'lab', ...journal, ...store, ...args, ...more],
    });
    return this.#collector;
  }

  /** Waits until the collector that was launched says that it listens. */
  async listening(): Promise<void> {
    const { collector } = this;
    await until(
      'flowledger collect listens',
      () => {
        if (!collector.isRunning) throw new Error(`it ended at once:\n${collector.stderr}`);
        return collector.stdout.includes('  asking ');
      },
      settledWithinMs,
    );
    this.#announced = true;
    this.downtimes.push({ fromMs: this.#downSinceMs, toMs: Date.now() });
  }

  async start(...more: readonly string[]): Promise<RunningCollector> {
    const collector = this.launch(...more);
    await this.listening();
    return collector;
  }

  /** SIGKILL. A life that ended before it listened is part of the downtime around it. */
  async kill(): Promise<void> {
    this.look();
    const killedMs = Date.now();
    this.collector.signal('SIGKILL');
    await this.collector.ended();
    this.collectorKills++;
    if (this.#announced) this.#downSinceMs = killedMs;
  }

  /** SIGKILL of the ClickHouse that this life of the collector started; false when there is none (yet). */
  killEmbedded(): boolean {
    try {
      const path = join(this.dataDir, 'endpoint.json');
      const { serverPid, collectorPid } = JSON.parse(readFileSync(path, 'utf8')) as Record<string, number>;
      if (collectorPid !== this.collector.pid || serverPid === undefined) return false;
      process.kill(serverPid, 'SIGKILL');
    } catch {
      return false;
    }
    this.serverKills++;
    return true;
  }

  async stop(): Promise<void> {
    this.look();
    this.#downSinceMs = Date.now();
    const { exitCode, stderr } = await this.collector.stop();
    if (exitCode !== 0) throw new Error(`the collector ended with ${exitCode}:\n${stderr}`);
  }

  /** Notes what it takes of memory. */
  look(): void {
    try {
      const status = readFileSync(`/proc/${this.collector.pid}/status`, 'utf8');
      const kibibytes = Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1] ?? 0);
      this.peakBytes = Math.max(this.peakBytes, kibibytes * 1024);
    } catch {
      // It is gone.
    }
  }

  async countFlows(): Promise<number> {
    const rows = await askRows<{ n: number }>(this.target, 'SELECT count() AS n FROM flows');
    return rows[0]?.n ?? 0;
  }

  /** Waits until the collector says that it is well, and that nothing waits to be stored. */
  async caughtUp(withinMs = settledWithinMs): Promise<void> {
    let said: unknown;
    await until(
      'all is stored',
      async () => {
        const { status, body } = await this.collector.health();
        said = body;
        return status === 200 && body.lag_bytes === 0;
      },
      withinMs,
    ).catch((error: Error) => {
      throw new Error(`${error.message} (${JSON.stringify(said)})\n${this.collector.stderr.slice(-4000)}`);
    });
  }

  /** Reads the journal, and waits until the collector, which runs, has stored so many flows. More of them end the wait, too. */
  async settle(withinMs = settledWithinMs): Promise<JournalTruth> {
    const truth = readJournalTruth(this.journalDir);
    let stored = 0;
    await until(
      'all that was journaled is stored',
      async () => {
        stored = await this.countFlows().catch(() => stored);
        return stored >= truth.book.count;
      },
      withinMs,
    ).catch((error: Error) => {
      throw new Error(
        `${error.message} (${stored} of ${truth.book.count})\n${this.collector.stderr.slice(-4000)}`,
      );
    });
    return truth;
  }

  faults(truth: JournalTruth): Promise<LedgerFaults> {
    return findLedgerFaults(this.target, truth.book);
  }

  /** What was sent and not journaled, in words; `outside`: gaps that lie within the life of a collector. */
  explainGaps(truth: JournalTruth, sent: ReadonlyMap<number, number>, slackMs: number) {
    const gaps = [...sent].flatMap(([sender, end]) => truth.book.gaps(sender, end));
    const outside: NumberGap[] = [];
    let lost = 0;
    let mostBeforeMs = 0;
    for (const gap of gaps) {
      lost += gap.length;
      const beforeMs = gap.beforeMicros / 1000;
      const afterMs = gap.afterMicros === 0 ? Number.POSITIVE_INFINITY : gap.afterMicros / 1000;
      const cause = this.downtimes.find(
        ({ fromMs, toMs }) => beforeMs <= toMs && afterMs >= fromMs - slackMs && beforeMs >= fromMs - slackMs,
      );
      if (cause) mostBeforeMs = Math.max(mostBeforeMs, cause.fromMs - beforeMs);
      else outside.push(gap);
    }
    const downMs = this.downtimes.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
    const total = [...sent.values()].reduce((sum, count) => sum + count, 0);
    const text =
      `${total} flows sent, ${truth.book.count} journaled, ${lost} not: the collector was down for ${Math.round(downMs)} ms in ` +
      `${this.downtimes.length} pieces; before a kill the last ${Math.round(mostBeforeMs)} ms at most were not journaled`;
    return { lost, outside, text };
  }
}
