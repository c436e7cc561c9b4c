/**
 * Options Data Records: what exporters say of themselves. Samplers and boot times are learnt for the decoder; samplers,
 * interfaces, applications, VRFs and all the rest become rows of their tables. Far from the hot path: values are objects here.
 */

import type { Element } from '../../shared/elements/registry.ts';
import { readUint } from '../../shared/wire/read-uint.ts';
import { elementKey, keyOfSpec } from './element-key.ts';
import { formatValue } from './format-value.ts';
import { knownElement } from './known-element.ts';
import type { ObservationDomain } from './observation-domain.ts';
import type { DataRecords, Message } from './record-sink.ts';
import { rateOfInterval } from './sampling-plan.ts';

/** A row for one of the tables that options data fills; `key` is what makes it another row than the others. */
export type OptionsRow =
  | {
      readonly table: 'samplers';
      readonly id: number;
      readonly rate: number;
      readonly mode: string;
      readonly name: string;
    }
  | { readonly table: 'interfaces'; readonly id: number; readonly name: string; readonly description: string }
  | {
      readonly table: 'applications';
      readonly id: string;
      readonly name: string;
      readonly description: string;
    }
  | { readonly table: 'vrfs'; readonly id: number; readonly name: string; readonly rd: string }
  | {
      readonly table: 'options';
      readonly template: number;
      readonly scope: Readonly<Record<string, string>>;
      readonly values: Readonly<Record<string, string>>;
    };

/** NetFlow v9 scope types (RFC 3954 6.1): they are no elements. */
export const netflow9Scopes: readonly string[] = ['', 'system', 'interface', 'lineCard', 'cache', 'template'];
const interfaceScope = 2;
/** Boot times past this (the year 2255) are none: the kernel would not take them. */
const maxInitMs = 9_000_000_000_000;

interface Value {
  readonly key: number;
  readonly name: string;
  readonly isScope: boolean;
  readonly number: number;
  readonly text: string;
  readonly octets: Uint8Array;
}

const readNumber = (
  element: Element | undefined,
  view: DataView,
  at: number,
  lengthBytes: number,
): number => {
  if (element?.dataType?.startsWith('float')) {
    return lengthBytes === 4 ? view.getFloat32(at) : lengthBytes === 8 ? view.getFloat64(at) : 0;
  }
  return readUint(view, at, Math.min(8, lengthBytes));
};

const readValues = (
  records: DataRecords,
  record: number,
  { findAnnounced }: ObservationDomain,
): readonly Value[] => {
  const { template, bytes, view } = records;
  const { offsets, lengths, fieldCount } = records.scan();
  return template.fields.map((field, i) => {
    const at = offsets[record * fieldCount + i] ?? 0;
    const lengthBytes = lengths[record * fieldCount + i] ?? 0;
    const isScope = i < template.scopeCount;
    const isScopeType = isScope && template.version === 9;
    const element = isScopeType
      ? undefined
      : knownElement(template.version, field.pen, field.id, findAnnounced);
    const unnamed = template.version === 9 ? `v9.${field.id}` : `${field.pen}.${field.id}`;
    return {
      key: isScopeType ? -field.id : elementKey(template.version, field),
      name: isScopeType ? netflow9Scopes[field.id] || `scope.${field.id}` : element?.name || unnamed,
      isScope,
      number: readNumber(element, view, at, lengthBytes),
      text: String(formatValue(element, bytes, view, at, lengthBytes)),
      octets: bytes.slice(at, at + lengthBytes),
    };
  });
};

const keys = (...specs: readonly string[]): readonly number[] => specs.map(keyOfSpec);
const find = (values: readonly Value[], wanted: readonly number[]): Value | undefined => {
  for (const key of wanted) {
    const value = values.find((v) => v.key === key);
    if (value) return value;
  }
  return undefined;
};

const known = {
  samplerId: keys('samplerId', 'selectorId'),
  samplerMode: keys('samplerMode', 'samplingAlgorithm', 'selectorAlgorithm'),
  samplerName: keys('samplerName', 'selectorName'),
  rate: keys('samplerRandomInterval', 'samplingInterval'),
  packetInterval: keys('samplingPacketInterval'),
  packetSpace: keys('samplingPacketSpace'),
  size: keys('samplingSize'),
  population: keys('samplingPopulation'),
  probability: keys('samplingProbability'),
  systemInit: keys('systemInitTimeMilliseconds'),
  interface: [-interfaceScope, ...keys('ingressInterface', 'egressInterface', 'ingressPhysicalInterface')],
  interfaceName: keys('interfaceName'),
  interfaceDescription: keys('interfaceDescription'),
  application: keys('applicationId'),
  applicationName: keys('applicationName'),
  applicationDescription: keys('applicationDescription'),
  vrf: keys('ingressVRFID', 'egressVRFID'),
  vrfName: keys('VRFname'),
  routeDistinguisher: keys('mplsVpnRouteDistinguisher'),
} as const;

const knownKeys: ReadonlySet<number> = new Set(Object.values(known).flat());

/** The sampling rate that a record announces, in whichever of the ways (RFC 5477, RFC 3954); 0 when it does not. */
const announcedRate = (values: readonly Value[]): number => {
  const rate = find(values, known.rate);
  if (rate) return rate.number;
  const interval = find(values, known.packetInterval);
  const space = find(values, known.packetSpace);
  if (interval) return space ? rateOfInterval(interval.number, space.number) : interval.number;
  const size = find(values, known.size)?.number ?? 0;
  if (size > 0) return Math.round((find(values, known.population)?.number ?? 0) / size);
  const probability = find(values, known.probability)?.number ?? 0;
  return probability > 0 ? Math.round(1 / probability) : 0;
};

const samplerRow = (values: readonly Value[], message: Message): OptionsRow | undefined => {
  const rate = announcedRate(values);
  if (!Number.isSafeInteger(rate) || rate < 1 || rate > 0xffffffff) return undefined;
  const id = find(values, known.samplerId);
  message.state.sampling.announce(id?.number, rate);
  return {
    table: 'samplers',
    id: id?.number ?? 0,
    rate,
    mode: find(values, known.samplerMode)?.text ?? '',
    name: find(values, known.samplerName)?.text ?? '',
  };
};

/** The application id as the `app` column has it: its octets as one number. */
const applicationNumber = (octets: Uint8Array): string => {
  let value = 0n;
  for (const octet of octets.subarray(-8)) value = (value << 8n) | BigInt(octet);
  return String(value);
};

const namedRows = (values: readonly Value[]): readonly OptionsRow[] => {
  const rows: OptionsRow[] = [];
  const text = (wanted: readonly number[]): string => find(values, wanted)?.text ?? '';
  const port = find(values, known.interface);
  if (port && (find(values, known.interfaceName) || find(values, known.interfaceDescription))) {
    const description = text(known.interfaceDescription);
    rows.push({ table: 'interfaces', id: port.number >>> 0, name: text(known.interfaceName), description });
  }
  const application = find(values, known.application);
  if (application && find(values, known.applicationName)) {
    const description = text(known.applicationDescription);
    rows.push({
      table: 'applications',
      id: applicationNumber(application.octets),
      name: text(known.applicationName),
      description,
    });
  }
  const vrf = find(values, known.vrf);
  if (vrf && find(values, known.vrfName)) {
    rows.push({
      table: 'vrfs',
      id: vrf.number >>> 0,
      name: text(known.vrfName),
      rd: text(known.routeDistinguisher),
    });
  }
  return rows;
};

const asRecord = (values: readonly Value[]): Record<string, string> => {
  const record: Record<string, string> = Object.create(null);
  // Names that were announced have the number of their enterprise before them; the others are the registry's, or numbers.
  for (const value of values) {
    let name = value.name;
    for (let n = 2; name in record; n++) name = `${value.name}#${n}`;
    record[name] = value.text;
  }
  return record;
};

/** Learns from each record what the decoder needs, and gives its rows to `emit`. */
export const readOptions = (
  records: DataRecords,
  message: Message,
  emit: (row: OptionsRow, message: Message) => void,
): void => {
  for (let i = 0; i < records.count; i++) {
    const values = readValues(records, i, message.state);
    const init = find(values, known.systemInit);
    if (init && !init.isScope && init.number > 0 && init.number <= maxInitMs)
      message.state.systemInitMs = init.number;
    const sampler = samplerRow(values, message);
    const rows = sampler ? [sampler, ...namedRows(values)] : namedRows(values);
    for (const row of rows) emit(row, message);
    const said = values.filter((v) => !v.isScope && v.name !== 'paddingOctets');
    // A record that says nothing more than its rows do is not kept a second time.
    if (rows.length > 0 && said.every((v) => knownKeys.has(v.key))) continue;
    const scope = asRecord(values.filter((v) => v.isScope));
    emit({ table: 'options', template: records.template.id, scope, values: asRecord(said) }, message);
  }
};
