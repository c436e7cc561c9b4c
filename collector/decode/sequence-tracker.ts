/**
 * Sequence accounting of one Transport Session: what the exporter numbered and we never saw. The unit is the protocol's:
 * flows in v5, Messages in v9, Data Records in IPFIX (RFC 7011 3.1, RFC 3954 5.1). Gaps never throw Templates away.
 */

import type { SequenceState } from './decoder-state.ts';

/** Gaps remembered, so that a late datagram can fill its own; the oldest is forgotten first. */
const rememberedGaps = 32;
/** Further back than this is no late datagram: the exporter began anew. */
const lateUnits = 100_000;
/** Further ahead than this no loss explains: the exporter began anew. */
const jumpUnits = 10_000_000;
/** Two estimates of the boot time of one run differ by less (the header has whole seconds). */
const bootSlackMs = 5_000;
/** sysUpTime begins at 0 again after 49.7 days; then the boot time seems to move by as much. */
const uptimeWrapMs = 2 ** 32;

interface Gap {
  start: number;
  units: number;
}

export class SequenceTracker {
  missing = 0;
  reordered = 0;
  duplicate = 0;
  /** Messages before which nobody can say whether something is missing: the Data Set before had no Template. */
  unknown = 0;
  restarts = 0;
  /** Next sequence number, or undefined while it cannot be known. */
  #expected: number | undefined;
  #heard = false;
  #bootMs = 0;
  readonly #gaps: Gap[] = [];

  /**
   * @param sequence number in the Message Header
   * @param units by how much this Message raises it; undefined when a Set's number of records is not known
   * @param bootMs export time minus sysUpTime, undefined in IPFIX
   */
  observe(sequence: number, units: number | undefined, bootMs: number | undefined): void {
    const next = units === undefined ? undefined : (sequence + units) >>> 0;
    const later = bootMs !== undefined && this.#heard ? bootMs - this.#bootMs : 0;
    const rebooted = later > bootSlackMs && Math.abs(later - uptimeWrapMs) > bootSlackMs;
    if (bootMs !== undefined) this.#bootMs = bootMs;
    if (!this.#heard || this.#expected === undefined) {
      if (this.#heard) this.unknown++;
      this.#heard = true;
      this.#expected = next;
      return;
    }
    const ahead = (sequence - this.#expected) | 0;
    if (ahead === 0) this.#expected = next;
    else if (ahead > 0 && ahead <= jumpUnits && !rebooted) {
      this.#remember({ start: this.#expected, units: ahead });
      this.missing += ahead;
      this.#expected = next;
    } else if (ahead < 0 && ahead >= -lateUnits && !rebooted && (sequence !== 0 || this.#findGap(0) >= 0))
      this.#late(sequence, units ?? 1);
    else {
      this.restarts++;
      this.#gaps.length = 0;
      this.#expected = next;
    }
  }

  save(): SequenceState {
    const { missing, reordered, duplicate, unknown, restarts } = this;
    return {
      missing,
      reordered,
      duplicate,
      unknown,
      restarts,
      expected: this.#expected ?? null,
      heard: this.#heard,
      bootMs: this.#bootMs,
      gaps: this.#gaps.map(({ start, units }) => [start, units] as const),
    };
  }

  restore(state: SequenceState): void {
    this.missing = state.missing;
    this.reordered = state.reordered;
    this.duplicate = state.duplicate;
    this.unknown = state.unknown;
    this.restarts = state.restarts;
    this.#expected = state.expected ?? undefined;
    this.#heard = state.heard;
    this.#bootMs = state.bootMs;
    for (const [start, units] of state.gaps) this.#gaps.push({ start, units });
  }

  #remember(gap: Gap): void {
    if (this.#gaps.length === rememberedGaps) this.#gaps.shift();
    this.#gaps.push(gap);
  }

  #findGap(sequence: number): number {
    return this.#gaps.findIndex(
      (g) => ((sequence - g.start) | 0) >= 0 && ((sequence - g.start) | 0) < g.units,
    );
  }

  #late(sequence: number, units: number): void {
    const index = this.#findGap(sequence);
    const gap = this.#gaps[index];
    if (!gap) {
      this.duplicate++;
      return;
    }
    const before = (sequence - gap.start) | 0;
    const filled = Math.min(units, gap.units - before);
    const after = gap.units - before - filled;
    this.missing -= filled;
    this.reordered++;
    const rest = [
      { start: gap.start, units: before },
      { start: (sequence + filled) >>> 0, units: after },
    ];
    this.#gaps.splice(index, 1, ...rest.filter((g) => g.units > 0));
  }
}
