import t from 'tap';
import { rateOfInterval } from '../../../collector/decode/sampling-plan.ts';
import { samplingSources } from '../../../collector/store/flow-columns.ts';
import { DecoderRig } from '../../support/decoder-rig.ts';
import {
  ipfix,
  netflow5,
  netflow5Record,
  netflow9,
  optionsRecord,
  optionsRecord9,
  type Specifier,
  set,
  templateRecord,
  u16,
  u32,
} from '../../support/message-hex.ts';

const plain: readonly Specifier[] = [[8, 4]];

/** Rates and their sources, row by row. */
const ratesOf = (rig: DecoderRig): readonly unknown[] =>
  rig.rows().map((row) => [row.sampling_rate, row.sampling_source]);
const rates = (fields: readonly Specifier[], ...records: readonly string[]): readonly unknown[] =>
  ratesOf(new DecoderRig().send(ipfix({}, set(2, templateRecord(256, fields)), set(256, ...records))));

/** Rates of records with these fields after options data of this kind. */
const announced = (
  scope: readonly Specifier[],
  options: readonly Specifier[],
  data: readonly string[],
  fields = plain,
  ...records: readonly string[]
) => {
  const rig = new DecoderRig();
  rig.send(ipfix({}, set(3, optionsRecord(300, scope, options)), set(300, ...data)));
  rig.send(ipfix({ sequence: data.length }, set(2, templateRecord(256, fields)), set(256, ...records)));
  return ratesOf(rig);
};

const { record, options, header, config } = samplingSources;
const none = [1, samplingSources.default];

t.test('nobody said', async (t) => t.same(rates(plain, 'c0000201'), [none]));

t.test('in the record: 34, 50, 305 with 306', async (t) => {
  t.same(rates([[8, 4], [34, 4]], `c0000201 ${u32(100)}`, `c0000201 ${u32(0)}`), [[100, record], none]); // biome-ignore format: short
  t.same(rates([[34, 2]], u16(512)), [[512, record]], 'reduced size');
  t.same(
    rates([[34, 8]], `00000000 ${u32(7)}`, '0000000100000000'),
    [[7, record], none],
    'more than a rate can be',
  );
  t.same(rates([[50, 4]], u32(1000)), [[1000, record]]);
  t.same(rates([[305, 4], [306, 4]], u32(1) + u32(999), u32(10) + u32(990)), [[1000, record], [100, record]]); // biome-ignore format: short
});

t.test('from options data: for all', async (t) => {
  t.same(announced([[149, 4]], [[34, 4], [35, 1]], [`00000007 ${u32(64)} 01`], plain, 'c0000201'), [[64, options]]); // biome-ignore format: short
  t.same(announced([[149, 4]], [[305, 4], [306, 4]], [`00000007 ${u32(1)} ${u32(127)}`], plain, 'c0000201'), [[128, options]]); // biome-ignore format: short
  t.same(announced([[149, 4]], [[309, 4], [310, 4]], [`00000007 ${u32(2)} ${u32(2000)}`], plain, 'c0000201'), [[1000, options]], 'samplingSize of samplingPopulation'); // biome-ignore format: short
  t.same(
    announced([[149, 4]], [[311, 8]], ['00000007 3f50624dd2f1a9fc'], plain, 'c0000201'),
    [[1000, options]],
    'samplingProbability 0.001',
  );
  t.same(
    announced([[149, 4]], [[311, 4]], ['00000007 3c23d70a'], plain, 'c0000201'),
    [[100, options]],
    'as float32',
  );
});

t.test('from options data: by sampler id, several with different rates', async (t) => {
  const samplers = [`01 02 ${u32(100)}`, `02 02 ${u32(2000)}`];
  const options48: readonly Specifier[] = [[49, 1], [50, 4]]; // biome-ignore format: short
  const fields: readonly Specifier[] = [[8, 4], [48, 1]]; // biome-ignore format: short
  t.same(announced([[48, 1]], options48, samplers, fields, 'c0000201 02', 'c0000201 01', 'c0000201 03'), [[2000, options], [100, options], none]); // biome-ignore format: short
  t.same(announced([[48, 1]], options48, samplers, plain, 'c0000201'), [none], 'a record that names none');
  t.same(
    announced([[48, 1]], options48, samplers.slice(0, 1), plain, 'c0000201'),
    [[100, options]],
    'the only one',
  );
  t.same(
    announced([[48, 1]], options48, samplers, [[48, 4]], u32(2)),
    [[2000, options]],
    'an id of another width (Cisco ASR 9000)',
  );
});

t.test('from options data: by selector id, RFC 5477', async (t) => {
  const wide = 'ffffffff00000005';
  const data = [`${wide} 0001 ${u32(1)} ${u32(49)}`, `0000000000000005 0001 ${u32(1)} ${u32(9)}`];
  const selectors: readonly Specifier[] = [[304, 2], [305, 4], [306, 4]]; // biome-ignore format: short
  t.same(announced([[302, 8]], selectors, data, [[302, 8]], wide, '0000000000000005'), [[50, options], [10, options]], 'ids of 64 bits'); // biome-ignore format: short
});

t.test('NetFlow v9 samplers, scope of no element', async (t) => {
  const rig = new DecoderRig();
  rig.send(netflow9({}, set(1, optionsRecord9(257, [[1, 4]], [[48, 2], [49, 1], [50, 2]]), '0000'), set(257, `c0a80001 0001 02 ${u16(500)}`, '000000'))); // biome-ignore format: short
  rig.send(netflow9({ sequence: 1 }, set(0, templateRecord(256, [[8, 4], [48, 2]])), set(256, 'c0000201 0001'))); // biome-ignore format: short
  t.same(ratesOf(rig), [[500, options]]);
});

t.test('NetFlow v5 header: mode and interval', async (t) => {
  const of = (sampling: number) => ratesOf(new DecoderRig().send(netflow5({ sampling }, netflow5Record())));
  t.same(of(0x0064), [[100, header]], 'routers set the interval without a mode');
  t.same(of(0x4064), [[100, header]]);
  t.same(of(0xffff), [[0x3fff, header]]);
  t.same(of(0x4000), [none], 'a mode without an interval');
});

t.test('the operator knows better', async (t) => {
  const rig = new DecoderRig();
  rig.send(ipfix({}, set(2, templateRecord(256, [[8, 4], [34, 4]])))); // biome-ignore format: short
  for (const domain of rig.decoder.domains) domain.configuredRate = 4096;
  rig.send(ipfix({}, set(256, `c0000201 ${u32(100)}`)));
  t.same(ratesOf(rig), [[4096, config]]);
  for (const domain of rig.decoder.domains)
    t.same([domain.sampling.lastRate, domain.sampling.lastSource], [4096, config]);
});

t.test('counters are stored as sent', async (t) => {
  const rig = new DecoderRig().send(ipfix({}, set(2, templateRecord(256, [[1, 4], [34, 4]])), set(256, u32(10) + u32(100)))); // biome-ignore format: short
  t.match(rig.row(), { bytes: 10n, sampling_rate: 100 });
});

t.test('packets taken and left out as a rate', async (t) => {
  t.same(
    [rateOfInterval(1, 0), rateOfInterval(1, 99), rateOfInterval(3, 7), rateOfInterval(0, 5)],
    [1, 100, 3, 0],
  );
});
