/**
 * A Data Record decoded the slow way: field by field, with BigInt, straight from what the elements mean. It shares the table of
 * columns and the element registry with the decoder, and nothing else: no plan, no operations, no kernel.
 */

import { formatValue } from '../../collector/decode/format-value.ts';
import type { FlowColumn } from '../../collector/store/flow-columns.ts';
import { findElement, resolveElement } from '../../shared/elements/registry.ts';
import type { FieldSpecifier } from '../../shared/protocol/template.ts';
import { formatAddress, formatHex } from '../../shared/wire/address.ts';
import { viewOf } from './capture-builder.ts';
import { type ReferenceContext, referenceTime } from './reference-time.ts';
import type { Cell, Row } from './row-reader.ts';

export interface ReferenceField extends FieldSpecifier {
  /** The octets of this record. */
  readonly octets: Uint8Array;
}

const variable = 65535;
const nonZero = (octets: Uint8Array): boolean => octets.some((octet) => octet !== 0);

export const bigOf = (octets: Uint8Array): bigint =>
  octets.length === 0 ? 0n : BigInt(formatHex(octets, 0, octets.length));

class Reference {
  readonly fields: readonly ReferenceField[];
  readonly columns: readonly FlowColumn[];
  readonly context: ReferenceContext;
  readonly used = new Set<ReferenceField>();

  constructor(fields: readonly ReferenceField[], columns: readonly FlowColumn[], context: ReferenceContext) {
    this.fields = fields;
    this.columns = columns;
    this.context = context;
  }

  /** The first field of an element; later ones, and those declared without length, feed no column. */
  find(spec: string): ReferenceField | undefined {
    const wanted = resolveElement(spec);
    const found = this.fields.find((f) => {
      const isNtop = this.context.version === 9 && f.id >= 57472;
      const pen = isNtop ? 35632 : f.pen;
      const id = isNtop ? f.id - 57472 : f.id;
      return pen === wanted?.pen && id === wanted.id;
    });
    return found && found.lengthBytes > 0 ? found : undefined;
  }

  take(field: ReferenceField): Uint8Array {
    this.used.add(field);
    return field.octets;
  }

  candidates(column: FlowColumn): readonly ReferenceField[] {
    return column.from
      .map((spec) => this.find(spec))
      .filter((f) => f !== undefined)
      .filter((f) => column.storage !== 'ip' || [4, 16, variable].includes(f.lengthBytes));
  }

  cell(column: FlowColumn): Cell {
    if (column.storage === 'labels') return this.labels(column);
    const empty: Cell =
      column.storage === 'ip' ? '::' : column.storage === 'text' ? '' : column.storage === 'u64' ? 0n : 0;
    if (column.name === 'icmp_type_code' && this.candidates(column).length === 0) return this.icmp();
    const candidates = this.candidates(column);
    const taken = column.coalesce ? candidates : candidates.slice(0, 1);
    const octets = taken.map((field) => this.take(field));
    const isSaid = (o: Uint8Array): boolean =>
      column.storage === 'ip' ? o.length === 4 || o.length === 16 : o.length > 0;
    const said = octets.filter(isSaid);
    // Where all are zero the least preferred one stands; that one alone may be there.
    const last = octets.at(-1);
    const value = said.find(nonZero) ?? (last && isSaid(last) ? last : undefined);
    return value === undefined ? empty : this.convert(column, value);
  }

  convert(column: FlowColumn, octets: Uint8Array): Cell {
    switch (column.storage) {
      case 'ip': {
        if (octets.length === 16) return formatAddress(octets, 0);
        return formatAddress(Uint8Array.from([...new Array(10).fill(0), 255, 255, ...octets]), 0);
      }
      case 'text':
        return Buffer.from(octets).toString().replace(/\0+$/, '');
      case 'u64':
        return BigInt.asUintN(64, bigOf(octets));
      default:
        return Number(BigInt.asUintN({ u8: 8, u16: 16, u32: 32 }[column.storage as 'u8'], bigOf(octets)));
    }
  }

  labels(column: FlowColumn): readonly number[] {
    return column.from
      .map((spec) => this.find(spec))
      .filter((f) => f !== undefined)
      .filter((f) => f.lengthBytes === 3)
      .map((f) => Number(bigOf(this.take(f))))
      .filter((entry) => entry !== 0)
      .map((entry) => entry >> 4);
  }

  /** ICMP type and code apart; a v4 part that says something goes before a v6 part. */
  icmp(): number {
    const part = (...specs: readonly string[]): number => {
      const found = specs
        .map((spec) => this.find(spec))
        .filter((f) => f !== undefined)
        .filter((f) => f.lengthBytes === 1)
        .map((f) => Number(bigOf(this.take(f))));
      return found.find((value) => value !== 0) ?? 0;
    };
    return 256 * part('icmpTypeIPv4', 'icmpTypeIPv6') + part('icmpCodeIPv4', 'icmpCodeIPv6');
  }

  direction(): number {
    const field = this.find('flowDirection');
    if (!field) return 0;
    const octets = this.take(field);
    if (octets.length === 0) return 0;
    const said = bigOf(octets);
    return said === 0n ? 1 : said === 1n ? 2 : 0;
  }

  /** Rate and source of a record that has fields for them. */
  sampling(): readonly [rate: number, source: number] {
    const { configuredRate, samplers, common, rateForAll, headerRate } = this.context;
    const fixed = (...specs: readonly string[]): ReferenceField | undefined => {
      const found = specs.map((spec) => this.find(spec)).find((f) => f && f.lengthBytes !== variable);
      if (found) this.take(found);
      return found;
    };
    const rate = fixed('samplingInterval', 'samplerRandomInterval', 'samplingPacketInterval');
    const space = rate?.id === 305 ? fixed('samplingPacketSpace') : undefined;
    const sampler = fixed('samplerId', 'selectorId');
    if (configuredRate > 0) return [configuredRate, 4];
    const low = (field: ReferenceField): number => Number(bigOf(field.octets.slice(-8)));
    let said = rate ? low(rate) : 0;
    if (space) said = said === 0 ? 0 : Math.max(1, Math.round((said + low(space)) / said));
    if (said > 0 && said <= 0xffffffff) return [said, 1];
    const announced = sampler ? (samplers.get(low(sampler)) ?? rateForAll) : common;
    if (announced > 0) return [announced, 2];
    return headerRate > 0 && !rate && !sampler ? [headerRate, 3] : [1, 0];
  }

  extra(): Readonly<Record<string, string>> {
    const seen = new Map<string, number>();
    const entries: [string, string][] = [];
    for (const field of this.fields) {
      const { version } = this.context;
      const element = findElement(version, field.pen, field.id);
      const name = element?.name ?? (version === 9 ? `v9.${field.id}` : `${field.pen}.${field.id}`);
      const occurrence = (seen.get(name) ?? 0) + 1;
      seen.set(name, occurrence);
      const isPadding = field.pen === 0 && field.id === 210;
      if (this.used.has(field) || isPadding || field.octets.length === 0) continue;
      const text = String(formatValue(element, field.octets, viewOf(field.octets), 0, field.octets.length));
      if (text !== '') entries.push([occurrence === 1 ? name : `${name}#${occurrence}`, text]);
    }
    return Object.fromEntries(entries);
  }

  /** Kind of the record, and whether a total may stand for the flow. */
  kind(): number {
    const last = (...specs: readonly string[]): number | undefined => {
      const found = specs.map((spec) => this.find(spec)).find((f) => f && f.lengthBytes !== variable);
      return found?.octets.at(-1);
    };
    const counters = ['bytes', 'packets', 'reverse_bytes', 'reverse_packets'];
    const hasCounters = this.columns.some((c) => counters.includes(c.name) && this.candidates(c).length > 0);
    const event = last('firewallEvent', 'v9/40005');
    if (!hasCounters) return 2;
    if (event !== undefined && event !== 0 && event !== 2) return event === 5 ? 1 : 2;
    return last('flowEndReason') === 2 ? 1 : 0;
  }
}

const isTotal = (field: ReferenceField | undefined): boolean =>
  field !== undefined && (findElement(10, field.pen, field.id)?.name ?? '').endsWith('TotalCount');

/** The row that a record must become. */
export const referenceRow = (
  fields: readonly ReferenceField[],
  columns: readonly FlowColumn[],
  context: ReferenceContext,
): Row => {
  const reference = new Reference(fields, columns, context);
  const row: Record<string, Cell> = {};
  for (const column of columns)
    if (!column.derived || column.storage === 'labels') row[column.name] = reference.cell(column);
  const [rate, source] = reference.sampling();
  const kind = reference.kind();
  if (kind !== 0) {
    for (const column of columns) {
      const counts = ['bytes', 'packets', 'reverse_bytes', 'reverse_packets'].includes(column.name);
      if (counts && isTotal(reference.candidates(column)[0])) row[column.name] = 0n;
    }
  }
  const direction = reference.direction();
  const times = referenceTime(
    (spec) => reference.find(spec),
    (field) => reference.used.add(field as ReferenceField),
    columns,
    context,
  );
  Object.assign(row, times, { record_kind: kind, sampling_rate: rate, sampling_source: source, direction });
  Object.assign(row, { received: BigInt(context.receivedMicros), collector: '', version: context.version });
  Object.assign(row, { exporter: context.exporter, domain: context.domain, extra: reference.extra() });
  return Object.fromEntries(columns.map((c) => [c.name, row[c.name] ?? 0]));
};
