/** `flowledger decode --format table`: per datagram its header, Templates with their fields, and records, for people. */

import { type FieldSpecifier, type Template, variableLength } from '../../shared/protocol/template.ts';
import { formatAddress } from '../../shared/wire/address.ts';
import { formatErrors } from '../../shared/wire/format-error.ts';
import { formatMicros } from '../../shared/wire/timestamp.ts';
import type { Decoder } from '../decode/decode-datagram.ts';
import type { DomainCounters } from '../decode/domain-counters.ts';
import { formatValueText } from '../decode/format-value.ts';
import type { DataRecords, Message, RecordSink } from '../decode/record-sink.ts';
import type { CapturedDatagram } from './capture-datagrams.ts';
import type { LineWriter } from './line-writer.ts';
import { describeMessageHeader } from './message-header-text.ts';
import { fieldElement, fieldName, recordLayout } from './record-layout.ts';

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** What the wire says may hold control characters; on a terminal they could do anything. */
const printable = (text: string): string =>
  text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (c) => `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`);

const describeLength = ({ lengthBytes }: FieldSpecifier): string =>
  lengthBytes === variableLength ? 'variable' : plural(lengthBytes, 'octet');

export class TableSink implements RecordSink {
  readonly #out: LineWriter;
  #datagram = -1;
  #counters: DomainCounters | undefined;
  /** The books before this datagram: what was added to them is what happened in it. */
  #reasons = new Map<string, number>();
  #waiting = 0;

  constructor(out: LineWriter) {
    this.#out = out;
  }

  /** Prints the header of a datagram that `decoder` is going to decode next. */
  begin(datagram: CapturedDatagram, decoder: Decoder): void {
    const { view, address, addressAt, at, end, exporterPort, localPort, receivedMicros } = datagram;
    const { domain, text } = describeMessageHeader(view, at, end);
    this.#datagram = decoder.datagrams;
    this.#counters = decoder.domains.get(address, addressAt, domain).counters;
    this.#reasons = new Map(this.#counters.reasons);
    this.#waiting = this.#counters.dataSetsWaiting;
    const from = `${formatAddress(address, addressAt)} port ${exporterPort} to port ${localPort}`;
    const time = formatMicros(receivedMicros) ?? '';
    this.#out.write(
      `datagram ${this.#datagram}  ${time}  ${from}  ${plural(end - at, 'octet')}\n  ${text}\n`,
    );
  }

  /** Prints what of the datagram was not decoded. */
  end(): void {
    const counters = this.#counters;
    if (!counters) return;
    for (const [reason, count] of counters.reasons) {
      const times = count - (this.#reasons.get(reason) ?? 0);
      if (times > 0)
        this.#out.write(
          `  not decoded: ${reason} ${times} (${formatErrors[reason][0].replace(/\.$/, '')})\n`,
        );
    }
    const waiting = counters.dataSetsWaiting - this.#waiting;
    if (waiting > 0) this.#out.write(`  ${plural(waiting, 'Data Set')} waiting for a Template\n`);
    this.#out.write('\n');
  }

  template(template: Template, { state }: Message, change: 'new' | 'replaced' | 'withdrawn'): void {
    const { id, fields, isOptions, scopeCount, hasVariable, minBytes } = template;
    const kind = isOptions ? 'Options Template' : 'Template';
    const size = `${hasVariable ? 'at least ' : ''}${plural(minBytes, 'octet')} a record`;
    this.#out.write(`  ${kind} ${id} (${change}): ${plural(fields.length, 'field')}, ${size}\n`);
    const rows = fields.map((field, index) => {
      const numbers = field.pen === 0 ? String(field.id) : `${field.pen}/${field.id}`;
      // What a scope of NetFlow v9 holds, nothing says.
      const isTyped = template.version !== 9 || index >= scopeCount;
      const type = (isTyped && fieldElement(template, index, field, state)?.dataType) || '';
      return [
        index < scopeCount ? 'scope' : '',
        fieldName(template, index, field, state),
        numbers,
        describeLength(field),
        type,
      ];
    });
    const widths = [0, 1, 2, 3, 4].map((column) =>
      Math.max(0, ...rows.map((row) => row[column]?.length ?? 0)),
    );
    for (const row of rows) {
      const cells = row.map((cell, column) => cell.padEnd(widths[column] ?? 0));
      this.#out.write(`    ${(widths[0] === 0 ? cells.slice(1) : cells).join('  ').trimEnd()}\n`);
    }
  }

  flowRecords(records: DataRecords, message: Message): void {
    this.#print('flow record', records, message);
  }

  optionsRecords(records: DataRecords, message: Message): void {
    this.#print('options record', records, message);
  }

  #print(kind: string, records: DataRecords, message: Message): void {
    const { template, count, bytes, view } = records;
    const { scope, values } = recordLayout(template, message.state);
    const named = [...scope.map((s) => ({ ...s, name: `scope ${s.name}` })), ...values];
    const width = Math.max(0, ...named.map(({ name }) => name.length));
    const scan = records.scan();
    const late = message.datagram === this.#datagram ? '' : `, waiting since datagram ${message.datagram}`;
    for (let record = 0; record < count; record++) {
      this.#out.write(`  ${kind} ${record + 1} of ${count} (Template ${template.id})${late}\n`);
      for (const { name, element, fields } of named) {
        const texts = fields.map((field) => {
          const index = record * scan.fieldCount + field;
          return formatValueText(element, bytes, view, scan.offsets[index] ?? 0, scan.lengths[index] ?? 0);
        });
        this.#out.write(`    ${name.padEnd(width)}  ${printable(texts.join(', '))}\n`);
      }
    }
  }
}
