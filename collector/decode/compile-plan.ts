/**
 * A Template compiled against the flow table: which field feeds which column, as operations of the move kernel, and what is
 * left for `extra`. Compiled once per Template, when its first Data Set comes. A Template is a stranger's schema: it becomes
 * data here, never code.
 */

import { findElement } from '../../shared/elements/registry.ts';
import { type Template, variableLength } from '../../shared/protocol/template.ts';
import { encodeOperations, operationBytes, specialCodes } from '../kernel/kernel-layout.ts';
import type { FlowColumn } from '../store/flow-columns.ts';
import type { FindAnnounced } from './announced-elements.ts';
import {
  compileColumns,
  compileLabels,
  compileTexts,
  feedersOf,
  type LabelFields,
  type TextField,
} from './column-operations.ts';
import { keyOfSpec } from './element-key.ts';
import type { ExtraKeys } from './extra-keys.ts';
import { type ExtraField, makeExtraField } from './extra-move.ts';
import type { KindPlan } from './kind-plan.ts';
import type { SamplingPlan } from './sampling-plan.ts';
import { makeTemplateIndex, type PlacedField, type TemplateIndex } from './template-index.ts';
import { compileTimes } from './time-operations.ts';

export interface Plan {
  /** Operations for the kernel, as it reads them. */
  readonly operations: Uint32Array;
  readonly operationCount: number;
  readonly kinds: KindPlan;
  readonly sampling: SamplingPlan;
  readonly texts: readonly TextField[];
  readonly labels: LabelFields | undefined;
  readonly extra: readonly ExtraField[];
  /** `extra` and the sysUpTime fields, for IPFIX while the exporter's boot time is not known. */
  readonly extraWithUptime: readonly ExtraField[];
  /** Fields that would go to `extra`, under keys for which there is no room. */
  readonly extraRefused: number;
}

const fixedOnly = (placed: PlacedField | undefined): PlacedField | undefined =>
  placed && placed.lengthBytes !== variableLength ? placed : undefined;

const compileSampling = (columns: readonly FlowColumn[], index: TemplateIndex): SamplingPlan => {
  const find = (...specs: readonly string[]): PlacedField | undefined => {
    for (const spec of specs) {
      const placed = fixedOnly(index.find(keyOfSpec(spec)));
      if (placed) return index.consume(placed);
    }
    return undefined;
  };
  const rate = find('samplingInterval', 'samplerRandomInterval', 'samplingPacketInterval');
  const isInterval = rate !== undefined && rate === index.find(keyOfSpec('samplingPacketInterval'));
  return {
    rateColumn: columns.findIndex((c) => c.name === 'sampling_rate'),
    sourceColumn: columns.findIndex((c) => c.name === 'sampling_source'),
    rate,
    space: isInterval ? find('samplingPacketSpace') : undefined,
    samplerId: find('samplerId', 'selectorId'),
  };
};

const counterColumns: readonly string[] = ['bytes', 'packets', 'reverse_bytes', 'reverse_packets'];

const compileKinds = (columns: readonly FlowColumn[], index: TemplateIndex): KindPlan => {
  const find = (spec: string): PlacedField | undefined => fixedOnly(index.find(keyOfSpec(spec)));
  const isTotal = ({ pen, id }: PlacedField): boolean =>
    (findElement(10, pen, id)?.name ?? '').endsWith('TotalCount');
  const counters = columns.flatMap((column, position) => {
    const placed = counterColumns.includes(column.name) ? feedersOf(column, index)[0] : undefined;
    return placed ? [{ position, isTotal: isTotal(placed) }] : [];
  });
  return {
    column: columns.findIndex((c) => c.name === 'record_kind'),
    hasCounters: counters.length > 0,
    firewallEvent: find('firewallEvent') ?? find('v9/40005'),
    endReason: find('flowEndReason'),
    fedByTotal: counters.filter((c) => c.isTotal).map((c) => c.position),
  };
};

/** ipVersion says what the addresses say; softflowd and others send it in each record, and `extra` costs. */
const consumeVersion = (index: TemplateIndex): void => {
  const ipVersion = index.find(keyOfSpec('ipVersion'));
  const hasAddress = ['sourceIPv4Address', 'sourceIPv6Address'].some((spec) => index.find(keyOfSpec(spec)));
  if (ipVersion && hasAddress) index.consume(ipVersion);
};

/**
 * Compiles a Template of flow records against the chosen columns. Without `extraKeys` nothing goes to `extra`; whatever Templates
 * follow, and whenever this one is compiled again, it takes the same of them.
 */
export const compilePlan = (
  template: Template,
  columns: readonly FlowColumn[],
  extraKeys: ExtraKeys | undefined,
  findAnnounced: FindAnnounced,
): Plan => {
  const index = makeTemplateIndex(template, findAnnounced);
  const position = (name: string): number => columns.findIndex((c) => c.name === name);
  const kinds = compileKinds(columns, index);
  const times = compileTimes(columns, index, template);
  const sampling = compileSampling(columns, index);
  const operations = [
    { code: specialCodes.fillVersion, operands: [0, 0, position('version')] as const },
    { code: specialCodes.fillExporter, operands: [0, 0, position('exporter')] as const },
    { code: specialCodes.fillDomain, operands: [0, 0, position('domain')] as const },
    ...times.operations,
    ...compileColumns(columns, index),
    // Last, so that it can be left out where the rate differs from record to record.
    { code: specialCodes.fillRate, operands: [0, 0, position('sampling_rate')] as const },
  ];
  consumeVersion(index);
  const texts = compileTexts(columns, index);
  const labels = compileLabels(columns, index);
  const keys = template.version === 5 ? undefined : extraKeys;
  const toExtra = (fields: readonly PlacedField[]): readonly ExtraField[] =>
    keys === undefined
      ? []
      : fields
          .map((placed) => makeExtraField(template, placed, findAnnounced))
          .filter(({ isNamed, key }) => isNamed || keys.take(key));
  const left = keys ? index.unconsumed() : [];
  const extra = toExtra(left);
  const encoded = encodeOperations(operations);
  return {
    operations: encoded,
    operationCount: (4 * encoded.length) / operationBytes,
    kinds,
    sampling,
    texts,
    labels,
    extra,
    extraWithUptime: [...extra, ...toExtra(times.needInit)],
    extraRefused: left.length - extra.length,
  };
};
