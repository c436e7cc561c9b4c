/** Rows of the tables that options data fills: written when they are new or changed, and once an hour, not at every refresh. */

import { formatIpv6 } from '../../shared/wire/address.ts';
import { decoderLimits } from '../decode/limits.ts';
import { OptionsBudget } from '../decode/options-budget.ts';
import type { OptionsRow } from '../decode/options-records.ts';
import type { Message } from '../decode/record-sink.ts';
import type { Row, RowWriter } from '../store/row-writer.ts';

/**
 * Rows remembered, and characters of all of them (two octets each at most): a stranger's texts are as long as a datagram. Past either
 * the half that was written longest ago is forgotten, and written again when it comes.
 */
export const optionsMemory = { rows: 65536, characters: 16 << 20 } as const;
const againAfterSeconds = 3600;

/** The number of a sampling mode. What fits no UInt16 (a field of 32 octets, say) would have ClickHouse refuse all rows with it. */
const modeOf = (text: string): number =>
  /^\d{1,5}$/.test(text) && Number(text) <= 0xffff ? Number(text) : 0;

const content = (row: OptionsRow): readonly [key: string, row: Row] => {
  switch (row.table) {
    case 'samplers':
      return [String(row.id), { sampler: row.id, rate: row.rate, mode: modeOf(row.mode), name: row.name }];
    case 'interfaces':
      return [String(row.id), { interface: row.id, name: row.name, description: row.description }];
    case 'applications':
      return [row.id, { app: row.id, name: row.name, description: row.description }];
    case 'vrfs':
      return [String(row.id), { vrf: row.id, name: row.name, rd: row.rd }];
    default:
      return [
        `${row.template} ${JSON.stringify(row.scope)}`,
        { template: row.template, scope: row.scope, values: row.values },
      ];
  }
};

export class OptionsWriter {
  readonly #rows: RowWriter;
  readonly #memory: { readonly rows: number; readonly characters: number };
  /** In the order in which they were written. */
  readonly #written = new Map<string, { readonly text: string; readonly seconds: number }>();
  readonly #budget: Pick<OptionsBudget, 'take'>;
  #characters = 0;

  constructor(
    rows: RowWriter,
    memory: { readonly rows: number; readonly characters: number } = optionsMemory,
    budget: Pick<OptionsBudget, 'take'> = new OptionsBudget(decoderLimits.optionsRowsPerDomain),
  ) {
    this.#rows = rows;
    this.#memory = memory;
    this.#budget = budget;
  }

  /** Writes the row if it is new, and its Observation Domain has not said too much in this hour. */
  write(row: OptionsRow, message: Message): void {
    const seconds = Math.floor(message.receivedMicros / 1e6);
    const exporter = formatIpv6(message.exporter, 0);
    const [key, values] = content(row);
    const name = `${row.table} ${exporter} ${message.domain} ${key}`;
    const text = JSON.stringify(values);
    const last = this.#written.get(name);
    if (last?.text === text && seconds - last.seconds < againAfterSeconds) return;
    if (!this.#budget.take(message.state, message.receivedMicros)) return;
    this.#forget(name);
    this.#written.set(name, { text, seconds });
    this.#characters += name.length + text.length;
    this.#bound();
    this.#rows.add(row.table, { exporter, domain: message.domain, ...values, seen: seconds });
  }

  #bound(): void {
    const { rows, characters } = this.#memory;
    if (this.#written.size <= rows && this.#characters <= characters) return;
    for (const name of this.#written.keys()) {
      if (this.#written.size <= rows / 2 && this.#characters <= characters / 2) return;
      this.#forget(name);
    }
  }

  #forget(name: string): void {
    const last = this.#written.get(name);
    if (!last) return;
    this.#written.delete(name);
    this.#characters -= name.length + last.text.length;
  }
}
