/** The operations that write received, flow_start, flow_end, time and time_source. */

import { findElement } from '../../shared/elements/registry.ts';
import type { Template } from '../../shared/protocol/template.ts';
import { initFlag, noColumn, type Operation, specialCodes } from '../kernel/kernel-layout.ts';
import { type FlowColumn, timeSources } from '../store/flow-columns.ts';
import { keyOfSpec } from './element-key.ts';
import type { PlacedField, TemplateIndex } from './template-index.ts';
import { findTimeForm, type TimeForm } from './time-form.ts';

export interface TimeOperations {
  readonly operations: readonly Operation[];
  /** sysUpTime fields of an IPFIX Template whose records do not say when the exporter booted. */
  readonly needInit: readonly PlacedField[];
}

interface TimeField {
  readonly placed: PlacedField;
  readonly form: TimeForm;
}

const findTime = (
  column: FlowColumn | undefined,
  index: TemplateIndex,
  template: Template,
): TimeField | undefined => {
  for (const spec of column?.from ?? []) {
    const placed = index.find(keyOfSpec(spec));
    const element = placed && findElement(template.version, placed.pen, placed.id);
    const form = placed && element && findTimeForm(element.name, element.dataType, placed.lengthBytes);
    if (form) return { placed, form };
  }
  return undefined;
};

export const compileTimes = (
  columns: readonly FlowColumn[],
  index: TemplateIndex,
  template: Template,
): TimeOperations => {
  const position = (name: string): number => columns.findIndex((c) => c.name === name);
  const received: Operation = { code: specialCodes.fillReceived, operands: [0, 0, position('received')] };
  const start = findTime(columns[position('flow_start')], index, template);
  const end = findTime(columns[position('flow_end')], index, template);
  const inIpfix = template.version === 10;
  const found = index.find(keyOfSpec('systemInitTimeMilliseconds'));
  const init = inIpfix && found?.lengthBytes === 8 ? found : undefined;
  const write = (time: TimeField, column: string): Operation => {
    index.consume(time.placed);
    const { form, placed } = time;
    const { code } = form;
    const { field, offset, lengthBytes } = placed;
    if (!init || !form.needsInit) return { code, lengthBytes, operands: [field, offset, position(column)] };
    index.consume(init);
    const operands = [field, offset, position(column), init.field, init.offset] as const;
    return { code, flags: initFlag, lengthBytes, operands };
  };
  const source = (end ?? start)?.form.source ?? timeSources.received;
  const finish: Operation = {
    code: specialCodes.finishTime,
    operands: [
      start ? position('flow_start') : noColumn,
      end ? position('flow_end') : noColumn,
      position('time'),
      position('time_source'),
      source,
    ],
  };
  const starts = start ? [write(start, 'flow_start')] : [];
  const ends = end ? [write(end, 'flow_end')] : [];
  const needInit = [start, end]
    .filter((t) => t !== undefined)
    .filter((t) => t.form.needsInit && inIpfix && !init);
  return { operations: [received, ...starts, ...ends, finish], needInit: needInit.map((t) => t.placed) };
};
