/** What is in the Messages of a Transport Session. */

import type { ExportSettings } from '../../exporter/export/export-settings.ts';
import type { FlowRecord } from '../../exporter/meter/flow-record.ts';
import { hexBytes, viewOf } from './capture-builder.ts';
import { rigMs, SessionRig } from './session-rig.ts';

/** The last Data Set of what a session sends for one record. Types of elements and the flow keys of its Template stand before it. */
export const dataOf = (record: FlowRecord, more: Partial<ExportSettings> = {}): string => {
  const rig = new SessionRig(more);
  rig.session.start(rigMs);
  rig.session.export(record, rigMs);
  rig.session.tick(rigMs + 500);
  return Buffer.from(rig.setsOf(-1).at(-1)?.content ?? []).toString('hex');
};

/** The same digits without blanks and ends of lines. */
export const hex = (text: string): string => Buffer.from(hexBytes(text)).toString('hex');

/** Ids of the Templates in a Message, without those of options. */
export const templatesIn = (rig: SessionRig, index: number): number[] =>
  rig
    .setsOf(index)
    .filter(({ id }) => id === 2)
    .map(({ content }) => viewOf(content).getUint16(0));

/** A Message has statistics where it has an Options Template with scope exportingProcessId (144) and notSentFlowTotalCount (166). */
const hasStatistics = (rig: SessionRig, index: number): boolean =>
  rig
    .setsOf(index)
    .some(({ id, content }) => id === 3 && Buffer.from(content).toString('hex').includes('0090000400a60008'));

/** What the Messages have that `act` makes the session send. */
export const sentBy = (rig: SessionRig, act: () => void) => {
  const before = rig.sent.length;
  act();
  const indexes = Array.from({ length: rig.sent.length - before }, (_, i) => before + i);
  return {
    messages: indexes.length,
    sequence: rig.sequences[before],
    templates: indexes.flatMap((index) => templatesIn(rig, index)),
    statistics: indexes.some((index) => hasStatistics(rig, index)),
  };
};
