import type { SamplingSaved } from './decoder-state.ts';

/**
 * Sampling rates that options data announced for one Observation Domain: per sampler or selector id, and one for all.
 * A record's rate is looked up when it is decoded; counters are never multiplied here.
 */
export class SamplingState {
  /** Rate without an id: holds for every record that names no sampler. 0 = not said. */
  rate = 0;
  /** Ids that did not fit. */
  refused = 0;
  /** What the last row got, and who said it (`samplingSources`). */
  lastRate = 1;
  lastSource = 0;
  readonly samplers = new Map<number, number>();
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The only rate, when all samplers have the same: what records that name no sampler then mean. 0 = none, or several. */
  common = 0;

  announce(samplerId: number | undefined, rate: number): void {
    if (samplerId === undefined) this.rate = rate;
    else if (this.samplers.has(samplerId) || this.samplers.size < this.#limit)
      this.samplers.set(samplerId, rate);
    else this.refused++;
    this.#findCommon();
  }

  /** The rate of a sampler; 0 when nobody said. */
  find(samplerId: number): number {
    return this.samplers.get(samplerId) ?? 0;
  }

  save(): SamplingSaved {
    const { rate, refused, lastRate, lastSource } = this;
    return { rate, refused, lastRate, lastSource, samplers: [...this.samplers] };
  }

  restore(state: SamplingSaved): void {
    this.rate = state.rate;
    this.refused = state.refused;
    this.lastRate = state.lastRate;
    this.lastSource = state.lastSource;
    for (const [id, rate] of state.samplers) this.samplers.set(id, rate);
    this.#findCommon();
  }

  #findCommon(): void {
    const [only, ...others] = new Set(this.samplers.values());
    this.common = this.rate !== 0 ? this.rate : others.length === 0 ? (only ?? 0) : 0;
  }
}
