/** Rows of the tables that options data fills: written when they are new or changed, and once an hour, not at every refresh. */

import { formatIpv6 } from '../../shared/wire/address.ts';
import type { OptionsRow } from '../decode/options-records.ts';
import type { Message } from '../decode/record-sink.ts';
import type { Row, RowWriter } from '../store/row-writer.ts';

/** Rows remembered; past it all are forgotten, and written again when they come. */
const maxRemembered = 65536;
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
  readonly #written = new Map<string, { readonly text: string; readonly seconds: number }>();

  constructor(rows: RowWriter) {
    this.#rows = rows;
  }

  write(row: OptionsRow, message: Message): void {
    const seconds = Math.floor(message.receivedMicros / 1e6);
    const exporter = formatIpv6(message.exporter, 0);
    const [key, values] = content(row);
    const name = `${row.table} ${exporter} ${message.domain} ${key}`;
    const text = JSON.stringify(values);
    const last = this.#written.get(name);
    if (last?.text === text && seconds - last.seconds < againAfterSeconds) return;
    if (this.#written.size >= maxRemembered) this.#written.clear();
    this.#written.set(name, { text, seconds });
    this.#rows.add(row.table, { exporter, domain: message.domain, ...values, seen: seconds });
  }
}
