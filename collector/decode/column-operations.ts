/** The operations that move fields into the columns which `flow-columns.ts` feeds from elements. */

import { variableLength } from '../../shared/protocol/template.ts';
import { coalesceFlag, type Operation, specialCodes, storageCodes } from '../kernel/kernel-layout.ts';
import type { FlowColumn } from '../store/flow-columns.ts';
import { keyOfSpec } from './element-key.ts';
import type { PlacedField, TemplateIndex } from './template-index.ts';

/**
 * Whether a field of this length can mean what the column holds. Of integers longer than the column the low octets count;
 * an address has 4 or 16 octets (H3C sends 2: those go to `extra`).
 */
const fits = (column: FlowColumn, placed: PlacedField): boolean => {
  if (column.storage === 'text') return true;
  if (column.storage === 'ip') return [4, 16, variableLength].includes(placed.lengthBytes);
  return column.storage in storageCodes;
};

/** The fields that feed a column; where several do, the preferred one is last, and is written over the others. */
export const feedersOf = (column: FlowColumn, index: TemplateIndex): readonly PlacedField[] => {
  const present = column.from
    .map((spec) => index.find(keyOfSpec(spec)))
    .filter((placed) => placed !== undefined)
    .filter((placed) => fits(column, placed));
  return column.coalesce ? present.reverse() : present.slice(0, 1);
};

const icmpParts = [
  ['icmpTypeIPv4', specialCodes.icmpType],
  ['icmpCodeIPv4', specialCodes.icmpCode],
  ['icmpTypeIPv6', specialCodes.icmpType],
  ['icmpCodeIPv6', specialCodes.icmpCode],
] as const;

/** ICMP type and code as elements of their own (ASA): where both families are declared, v4 is written last. */
const compileIcmp = (column: number, index: TemplateIndex): readonly Operation[] =>
  [...icmpParts].reverse().flatMap(([name, code]) => {
    const placed = index.find(keyOfSpec(name));
    if (placed?.lengthBytes !== 1) return [];
    index.consume(placed);
    return [{ code, flags: coalesceFlag, lengthBytes: 1, operands: [placed.field, placed.offset, column] }];
  });

const compileColumn = (column: FlowColumn, position: number, index: TemplateIndex): readonly Operation[] => {
  if (column.name === 'icmp_type_code' && feedersOf(column, index).length === 0)
    return compileIcmp(position, index);
  if (column.name === 'direction') {
    const placed = index.find(keyOfSpec('flowDirection'));
    if (!placed) return [];
    const { field, offset, lengthBytes } = index.consume(placed);
    return [{ code: specialCodes.direction, lengthBytes, operands: [field, offset, position] }];
  }
  if (column.derived || !(column.storage in storageCodes)) return [];
  return feedersOf(column, index).map((placed, order) => {
    const { field, offset, lengthBytes } = index.consume(placed);
    const code = storageCodes[column.storage as keyof typeof storageCodes];
    return { code, flags: order > 0 ? coalesceFlag : 0, lengthBytes, operands: [field, offset, position] };
  });
};

/** All columns of fixed width; the fields that they take are consumed. */
export const compileColumns = (columns: readonly FlowColumn[], index: TemplateIndex): readonly Operation[] =>
  columns.flatMap((column, position) => compileColumn(column, position, index));

export interface TextField {
  readonly column: number;
  readonly field: number;
}

/** Columns of texts, which are not the kernel's. */
export const compileTexts = (columns: readonly FlowColumn[], index: TemplateIndex): readonly TextField[] =>
  columns.flatMap((column, position) => {
    const placed = column.storage === 'text' ? feedersOf(column, index)[0] : undefined;
    return placed ? [{ column: position, field: index.consume(placed).field }] : [];
  });

export interface LabelFields {
  readonly column: number;
  readonly fields: readonly number[];
}

/** MPLS label stack entries (elements 70 to 79, 3 octets each), top first. */
export const compileLabels = (
  columns: readonly FlowColumn[],
  index: TemplateIndex,
): LabelFields | undefined => {
  const position = columns.findIndex((c) => c.storage === 'labels');
  const found = (columns[position]?.from ?? [])
    .map((spec) => index.find(keyOfSpec(spec)))
    .filter((placed) => placed !== undefined)
    .filter((placed) => placed.lengthBytes === 3);
  return found.length === 0
    ? undefined
    : { column: position, fields: found.map((p) => index.consume(p).field) };
};
