import t from 'tap';
import type { ExportSettings } from '../../../exporter/export/export-settings.ts';
import {
  type ExporterOption,
  exporterOptions,
  flowKeysOption,
  interfacesOption,
  typeInformationOf,
} from '../../../exporter/export/exporter-options.ts';
import { ownElements } from '../../../shared/elements/own-elements.ts';
import {
  makeExportingCounters,
  makeExportSettings,
  makeMeteringCounters,
  rigMs,
} from '../../support/session-rig.ts';

/** Scope fields before the bar, with the enterprise where there is one: `144/4 | 36/2 ...`. */
const fieldsOf = ({ fields, scopeCount }: ExporterOption): string => {
  const names = fields.map(({ pen, id, lengthBytes }) => `${pen === 0 ? '' : `${pen}:`}${id}/${lengthBytes}`);
  return `${names.slice(0, scopeCount).join(' ')} | ${names.slice(scopeCount).join(' ')}`;
};

const optionsOf = (more: Partial<ExportSettings> = {}) => {
  const settings = makeExportSettings(more);
  return exporterOptions(settings, makeMeteringCounters(), makeExportingCounters());
};

const bootMs = rigMs - 3_600_000;

t.test('statistics of IPFIX (RFC 7011 4.1, 4.2, 4.3), with times of 0 where nothing was lost', async (t) => {
  const { statistics } = optionsOf({ pen: 64999 });
  t.same(statistics.map(fieldsOf), [
    '149/4 143/4 | 41/8 42/8 40/8 163/8',
    '149/4 143/4 | 164/8 165/8 323/8 323/8 64999:2/8 64999:3/8',
    '144/4 | 166/8 167/8 168/8 323/8 323/8',
  ]);
  t.same(
    statistics.map((option) => option.records()),
    [[[7, 1, 11, 12, 13, 1]], [[7, 1, 2, 3, rigMs - 2000, rigMs - 1000, 4, 5]], [[1, 14, 16, 17, 0, 0]]],
  );
});

t.test('statistics of NetFlow v9 are of the system, without enterprises', async (t) => {
  const { statistics } = optionsOf({ protocol: 'netflow9' });
  t.same(statistics.map(fieldsOf), [
    '1/4 | 41/8 42/8 40/8 163/8',
    '1/4 | 164/8 165/8 323/8 323/8',
    '1/4 | 166/8 167/8 168/8 323/8 323/8',
  ]);
  t.same(statistics[1]?.records(), [[0, 2, 3, rigMs - 2000, rigMs - 1000]]);
});

t.test('statistics are what the counters say when they are asked', async (t) => {
  const metering = makeMeteringCounters();
  const { statistics } = exporterOptions(makeExportSettings(), metering, makeExportingCounters());
  metering.observedFlows = 99;
  t.same(statistics[0]?.records(), [[7, 1, 11, 12, 13, 99]]);
});

t.test('descriptions of IPFIX: elements of enterprises first, then the exporter', async (t) => {
  const { descriptions } = optionsOf({
    description: { version: '1.2.3', activeTimeoutSeconds: 1e6, idleTimeoutSeconds: 15 },
  });
  t.same(descriptions.map(fieldsOf), [
    '346/4 303/2 | 339/1 344/1 345/2 341/65535 340/65535',
    '144/4 | 36/2 37/2 160/8 32473:1/65535',
  ]);
  const [elements, exporter] = descriptions.map((option) => option.records());
  t.same(elements?.[0], [21373, 4, 3, 4, 0, 'mark', 'conntrack mark']);
  t.same(elements?.[13]?.slice(0, 6), [32473, 1, 13, 0, 0, 'exporterVersion']);
  t.equal(elements?.length, 13 + ownElements.length);
  t.same(exporter, [[1, 65535, 15, bootMs, '1.2.3']], 'a timeout has 16 bits');
});

t.test('the elements of enterprises that one Template has', async (t) => {
  const settings = { protocol: 'ipfix', pen: 32473 } as const;
  const field = (pen: number, id: number) => ({ pen, id, lengthBytes: 4 });
  const option = typeInformationOf(settings, [
    field(0, 4),
    field(29305, 1),
    field(32473, 31),
    field(21373, 4),
  ]);
  t.same(
    option?.records().map((values) => values[5]),
    ['mark', 'proxySessionId'],
  );
  t.equal(typeInformationOf(settings, [field(0, 4), field(29305, 1)]), undefined);
  t.equal(typeInformationOf({ ...settings, protocol: 'netflow9' }, [field(21373, 4)]), undefined);
});

const eth0 = { index: 3, name: 'eth0', description: 'uplink' };

t.test('sampling and interfaces, where there are any', async (t) => {
  const { descriptions } = optionsOf({ samplingInterval: 10 });
  // selectorId; selectorAlgorithm, samplingPacketInterval, samplingPacketSpace (RFC 5477 8.2).
  t.same(descriptions.slice(2).map(fieldsOf), ['302/8 | 304/2 305/4 306/4']);
  const names = interfacesOption({ protocol: 'ipfix', interfaces: [eth0] });
  t.equal(fieldsOf(names), '10/4 | 82/65535 83/65535');
  // 1: systematic count-based, one packet taken, nine left out.
  t.same(descriptions[2]?.records(), [[1, 1, 1, 9]]);
  t.same(names.records(), [[3, 'eth0', 'uplink']]);
});

t.test('descriptions of NetFlow v9 (RFC 3954 6.1, 8)', async (t) => {
  const names = interfacesOption({ protocol: 'netflow9', interfaces: [eth0] });
  const { descriptions: processes } = optionsOf({ protocol: 'netflow9', samplingInterval: 10 });
  const descriptions = [...processes, names];
  t.same(descriptions.map(fieldsOf), ['1/4 | 36/2 37/2 160/8', '1/4 | 34/4 35/1', '2/4 | 82/32 83/64']);
  t.same(
    descriptions.map((option) => option.records()),
    [[[0, 60, 15, bootMs]], [[0, 10, 1]], [[3, 'eth0', 'uplink']]],
  );
});

t.test('bit n of flowKeyIndicator is field n', async (t) => {
  const fields = Array.from({ length: 60 }, (_, i) => ({ isKey: i === 0 || i === 35 || i >= 52 }));
  const ipfix = flowKeysOption('ipfix', 300, fields);
  t.equal(fieldsOf(ipfix), '145/2 | 173/8');
  t.same(ipfix.records(), [[300, 1 + 2 ** 35 + 2 ** 52]], 'of as many fields as a number has bits');
  t.equal(fieldsOf(flowKeysOption('netflow9', 300, fields)), '5/2 | 173/8');
});
