/** `flowledger decode --format json`: one JSON object per Data Record, in wire order. */

import { formatAddress } from '../../shared/wire/address.ts';
import { formatValue } from '../decode/format-value.ts';
import type { RecordScan } from '../decode/record-scan.ts';
import type { DataRecords, Message, RecordSink } from '../decode/record-sink.ts';
import { formatExportTime } from './export-time.ts';
import type { LineWriter } from './line-writer.ts';
import { type NamedFields, recordLayout } from './record-layout.ts';

/** The part of the line that all records of a Set share. */
const formatHead = (kind: 'flow' | 'options', records: DataRecords, message: Message): string => {
  const { version, exporter, domain, datagram, sysUptimeMs } = message;
  const head = JSON.stringify({
    _kind: kind,
    _version: version,
    _exporter: formatAddress(exporter, 0),
    _domain: domain,
    _template: records.template.id,
    _datagram: datagram,
    _exportTime: formatExportTime(message),
    ...(version === 10 ? {} : { _sysUpTime: sysUptimeMs }),
  });
  return head.slice(0, -1);
};

/** Text is made here piece by piece: objects with a key per field would cost several times as much. */
const formatFields = (
  named: readonly NamedFields[],
  records: DataRecords,
  scan: RecordScan,
  record: number,
): string => {
  const { bytes, view } = records;
  const base = record * scan.fieldCount;
  let text = '';
  for (const { jsonKey, element, fields } of named) {
    if (text !== '') text += ',';
    text += jsonKey;
    if (fields.length > 1) text += '[';
    for (const [i, field] of fields.entries()) {
      const at = scan.offsets[base + field] ?? 0;
      const value = formatValue(element, bytes, view, at, scan.lengths[base + field] ?? 0);
      if (i > 0) text += ',';
      text += typeof value === 'string' ? JSON.stringify(value) : String(value);
    }
    if (fields.length > 1) text += ']';
  }
  return text;
};

export class JsonSink implements RecordSink {
  readonly #out: LineWriter;

  constructor(out: LineWriter) {
    this.#out = out;
  }

  flowRecords(records: DataRecords, message: Message): void {
    this.#print('flow', records, message);
  }

  optionsRecords(records: DataRecords, message: Message): void {
    this.#print('options', records, message);
  }

  #print(kind: 'flow' | 'options', records: DataRecords, message: Message): void {
    const { scope, values } = recordLayout(records.template, message.state);
    const head = formatHead(kind, records, message);
    const scan = records.scan();
    for (let record = 0; record < records.count; record++) {
      const scopeText = kind === 'options' ? `,"_scope":{${formatFields(scope, records, scan, record)}}` : '';
      const text = formatFields(values, records, scan, record);
      this.#out.write(`${head}${scopeText}${text === '' ? '' : `,${text}`}}\n`);
    }
  }
}
