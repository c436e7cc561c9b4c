/**
 * Options that an Exporting Process sends of itself (RFC 7011 4): statistics, interfaces, sampling, types of its elements. Far from
 * the hot path: values are objects here.
 */

import { type FieldSpecifier, variableLength } from '../../shared/protocol/template.ts';
import type { ExportingCounters, ExportSettings, MeteringCounters } from './export-settings.ts';
import type { FlowField } from './flow-templates.ts';
import { type AnnouncedElement, announcedElements, ownElementId, typeCodes } from './type-information.ts';

export type OptionValue = number | string;

/** An Options Template and the records for it; values in the order of the fields, scope fields first. */
export interface ExporterOption {
  readonly fields: readonly FieldSpecifier[];
  readonly scopeCount: number;
  readonly records: () => readonly (readonly OptionValue[])[];
}

type Field = FieldSpecifier & {
  /** NetFlow v9 has fixed lengths only. */
  readonly fixedBytes: number;
};

/** Process ids are the numbers of our one Metering and one Exporting Process. */
const processId = 1;

/** flowActiveTimeout and flowIdleTimeout have 16 bits. */
const maxTimeoutSeconds = 65535;

const field = (id: number, lengthBytes: number, pen = 0): Field => ({
  pen,
  id,
  lengthBytes,
  fixedBytes: lengthBytes,
});
const text = (id: number, fixedBytes: number, pen = 0): Field => ({
  pen,
  id,
  lengthBytes: variableLength,
  fixedBytes,
});

type Scope = readonly Field[];
const meteringScope: Scope = [field(149, 4), field(143, 4)];
const exportingScope: Scope = [field(144, 4)];
/** Scope types of NetFlow v9 (RFC 3954 6.1). */
const systemScope: Scope = [field(1, 4)];
const interfaceScope: Scope = [field(2, 4)];
const templateScope: Scope = [field(5, 2)];

type Said = readonly (readonly [field: Field, value: OptionValue])[];

interface OptionRecord {
  /** A value for each scope field. */
  readonly scope: readonly number[];
  readonly said: Said;
}

type Protocol = ExportSettings['protocol'];

/** For NetFlow v9, lengths are fixed, and elements of enterprises are left out: it cannot say them. */
const makeOption = (
  protocol: Protocol,
  scope: Scope,
  records: () => readonly OptionRecord[],
): ExporterOption => {
  const isIpfix = protocol === 'ipfix';
  const kept = (said: Said): Said => (isIpfix ? said : said.filter(([{ pen }]) => pen === 0));
  const fields = kept(records()[0]?.said ?? []).map(([element]) => element);
  return {
    fields: [...scope, ...fields].map(({ pen, id, lengthBytes, fixedBytes }) => ({
      pen,
      id,
      lengthBytes: isIpfix ? lengthBytes : fixedBytes,
    })),
    scopeCount: scope.length,
    records: () =>
      records().map((record) => [...record.scope, ...kept(record.said).map(([, value]) => value)]),
  };
};

/** One record, with values as they are when it is sent. The processes of IPFIX are one system for NetFlow v9. */
const processOption = (
  protocol: Protocol,
  scope: Scope,
  values: readonly number[],
  say: () => Said,
): ExporterOption =>
  protocol === 'ipfix'
    ? makeOption(protocol, scope, () => [{ scope: values, said: say() }])
    : makeOption(protocol, systemScope, () => [{ scope: [0], said: say() }]);

/**
 * RFC 7011 4.1, 4.2 (with what the kernel dropped) and 4.3. Observation times are those of the first and of the last loss, in this
 * order; without a loss both are 0. The records are sent even then: that nothing was lost is worth to be said.
 */
const statistics = (
  { protocol, domain, pen }: ExportSettings,
  metering: Readonly<MeteringCounters>,
  exporting: Readonly<ExportingCounters>,
): readonly ExporterOption[] => [
  processOption(protocol, meteringScope, [domain, processId], () => [
    [field(41, 8), exporting.messages],
    [field(42, 8), exporting.flowRecords],
    [field(40, 8), exporting.octets],
    [field(163, 8), metering.observedFlows],
  ]),
  processOption(protocol, meteringScope, [domain, processId], () => [
    [field(164, 8), metering.ignoredPackets],
    [field(165, 8), metering.ignoredOctets],
    [field(323, 8), metering.firstLossMs],
    [field(323, 8), metering.lastLossMs],
    [field(ownElementId('eventOverrunTotalCount'), 8, pen), metering.overruns],
    [field(ownElementId('resynchronisationTotalCount'), 8, pen), metering.resyncs],
  ]),
  processOption(protocol, exportingScope, [processId], () => [
    [field(166, 8), exporting.notSentFlows],
    [field(167, 8), exporting.notSentPackets],
    [field(168, 8), exporting.notSentOctets],
    [field(323, 8), exporting.firstLossMs],
    [field(323, 8), exporting.lastLossMs],
  ]),
];

/** RFC 5610 3.9. RFC 5103 has defined the elements of the reverse enterprise number, so they are not announced. */
const typeInformation = (elements: readonly AnnouncedElement[]): ExporterOption =>
  makeOption('ipfix', [field(346, 4), field(303, 2)], () =>
    elements.map((element) => {
      const [dataType, semantics, units] = typeCodes(element);
      return {
        scope: [element.pen, element.id],
        said: [
          [field(339, 1), dataType],
          [field(344, 1), semantics],
          [field(345, 2), units],
          [text(341, 0), element.name],
          [text(340, 0), element.description],
        ],
      };
    }),
  );

/** For the elements of enterprises that a new Template has; undefined where it has none, or the protocol cannot say them. */
export const typeInformationOf = (
  { protocol, pen }: Pick<ExportSettings, 'protocol' | 'pen'>,
  fields: readonly FieldSpecifier[],
): ExporterOption | undefined => {
  const used = announcedElements(pen).filter((element) =>
    fields.some((field) => field.pen === element.pen && field.id === element.id),
  );
  return protocol === 'ipfix' && used.length > 0 ? typeInformation(used) : undefined;
};

/** To be asked for when there are any: names of a capture's interfaces are known only while it is read. */
export const interfacesOption = ({
  protocol,
  interfaces,
}: Pick<ExportSettings, 'protocol' | 'interfaces'>): ExporterOption =>
  makeOption(protocol, protocol === 'ipfix' ? [field(10, 4)] : interfaceScope, () =>
    interfaces.map(({ index, name, description }) => ({
      scope: [index],
      said: [
        [text(82, 32), name],
        [text(83, 64), description],
      ],
    })),
  );

/** Systematic count-based sampling (RFC 5477 8.2.1): one packet taken, the others of the interval not. */
const sampling = ({ protocol, samplingInterval }: ExportSettings): ExporterOption =>
  protocol === 'ipfix'
    ? makeOption(protocol, [field(302, 8)], () => [
        {
          scope: [1],
          said: [
            [field(304, 2), 1],
            [field(305, 4), 1],
            [field(306, 4), samplingInterval - 1],
          ],
        },
      ])
    : processOption(protocol, systemScope, [0], () => [
        [field(34, 4), samplingInterval],
        // RFC 3954 8: 1 is deterministic.
        [field(35, 1), 1],
      ]);

/** All options but interfaces and flow keys. Elements are announced before options use them. */
export const exporterOptions = (
  settings: ExportSettings,
  metering: Readonly<MeteringCounters>,
  exporting: Readonly<ExportingCounters>,
): { readonly descriptions: readonly ExporterOption[]; readonly statistics: readonly ExporterOption[] } => {
  const { protocol, description, bootMs, pen } = settings;
  const exporter = processOption(protocol, exportingScope, [processId], () => [
    [field(36, 2), Math.min(description.activeTimeoutSeconds, maxTimeoutSeconds)],
    [field(37, 2), Math.min(description.idleTimeoutSeconds, maxTimeoutSeconds)],
    [field(160, 8), bootMs],
    [text(ownElementId('exporterVersion'), 0, pen), description.version],
  ]);
  return {
    descriptions: [
      ...(protocol === 'ipfix' ? [typeInformation(announcedElements(pen))] : []),
      exporter,
      ...(settings.samplingInterval > 1 ? [sampling(settings)] : []),
    ],
    statistics: statistics(settings, metering, exporting),
  };
};

/**
 * RFC 7011 4.4: bit n of flowKeyIndicator (173) is set where field n of the Template is a Flow Key. Fields 0 to 52 are told of,
 * which is as many bits as a number holds exactly: no Template of ours has more.
 */
export const flowKeysOption = (
  protocol: Protocol,
  templateId: number,
  fields: readonly Pick<FlowField, 'isKey'>[],
): ExporterOption => {
  const indicator = fields.reduce((sum, { isKey }, i) => (isKey && i < 53 ? sum + 2 ** i : sum), 0);
  return makeOption(protocol, protocol === 'ipfix' ? [field(145, 2)] : templateScope, () => [
    { scope: [templateId], said: [[field(173, 8), indicator]] },
  ]);
};
