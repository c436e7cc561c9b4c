import t from 'tap';
import { DecoderRig } from '../../support/decoder-rig.ts';
import { announcement } from '../../support/element-announcement.ts';
import {
  ipfix,
  netflow9,
  optionsRecord,
  optionsRecord9,
  type Specifier,
  set,
  u16,
  u32,
  u64,
} from '../../support/message-hex.ts';

const ipfixOptions = (
  scope: readonly Specifier[],
  fields: readonly Specifier[],
  ...records: readonly string[]
) => new DecoderRig().send(ipfix({}, set(3, optionsRecord(300, scope, fields)), set(300, ...records)));
const v9Options = (
  scope: readonly Specifier[],
  fields: readonly Specifier[],
  ...records: readonly string[]
) => new DecoderRig().send(netflow9({}, set(1, optionsRecord9(300, scope, fields)), set(300, ...records)));

t.test('samplers', async (t) => {
  t.same(v9Options([[1, 4]], [[48, 1], [49, 1], [50, 2], [84, 4]], '00000000 03 02 03e8 52310000').options, [{ table: 'samplers', id: 3, rate: 1000, mode: '2', name: 'R1' }]); // biome-ignore format: short
  t.same(ipfixOptions([[302, 8]], [[304, 2], [305, 4], [306, 4]], `${u64(9)} 0001 ${u32(1)} ${u32(99)}`).options, [{ table: 'samplers', id: 9, rate: 100, mode: '1', name: '' }]); // biome-ignore format: short
});

t.test('a rate that is none is kept as it was said', async (t) => {
  const rig = ipfixOptions([[149, 4]], [[34, 4]], `${u32(7)} ${u32(0)}`); // biome-ignore format: short
  t.same(rig.options, [{ table: 'options', template: 300, scope: { observationDomainId: '7' }, values: { samplingInterval: '0' } }]); // biome-ignore format: short
});

t.test('interfaces: v9 scope 2, and elements', async (t) => {
  t.same(v9Options([[2, 4]], [[82, 6], [83, 4]], '00000005 657468300000 6c616e00').options, [{ table: 'interfaces', id: 5, name: 'eth0', description: 'lan' }]); // biome-ignore format: short
  t.same(ipfixOptions([[10, 4]], [[82, 65535]], '00000006 04 65746831').options, [
    { table: 'interfaces', id: 6, name: 'eth1', description: '' },
  ]);
});

t.test('applications: the id as the column app has it', async (t) => {
  t.same(v9Options([[1, 4]], [[95, 4], [96, 4], [94, 4]], '00000000 03000050 68747470 57656200').options, [{ table: 'applications', id: String(0x03000050), name: 'http', description: 'Web' }]); // biome-ignore format: short
});

t.test('VRFs', async (t) => {
  t.same(ipfixOptions([[234, 4]], [[236, 65535], [90, 8]], '60000001 04 626c7565 0000fde800000064').options, [{ table: 'vrfs', id: 0x60000001, name: 'blue', rd: '0x0000fde800000064' }]); // biome-ignore format: short
});

t.test('all the rest, with its scope', async (t) => {
  t.same(v9Options([[1, 4], [9, 2]], [[40, 4], [40, 4], [65000, 1]], `c0a80001 0007 ${u32(1)} ${u32(2)} ff`).options, [{ table: 'options', template: 300, scope: { system: '0xc0a80001', 'scope.9': '0x0007' }, values: { exportedOctetTotalCount: '1', 'exportedOctetTotalCount#2': '2', 'v9.65000': '0xff' } }]); // biome-ignore format: short
  t.match(v9Options([[0, 2]], [[40, 4]], '0001 00000001').options, [{ scope: { 'scope.0': '0x0001' } }]);
  t.match(
    v9Options([], [[40, 4]], '00000001').options,
    [{ scope: {}, values: { exportedOctetTotalCount: '1' } }],
    'without a scope: Juniper SRX',
  );
  t.match(ipfixOptions([[149, 4]], [[40, 8], [210, 2]], `${u32(1)} ${u64(2)} 0000`).options, [{ values: { exportedOctetTotalCount: '2', paddingOctets: undefined } }]); // biome-ignore format: short
});

t.test('names from the wire are values, never keys', async (t) => {
  const rig = ipfixOptions([[149, 4]], [[90, 9]], `${u32(1)} ${Buffer.from('__proto__').toString('hex')}`);
  t.match(rig.options, [{ values: { mplsVpnRouteDistinguisher: '0x5f5f70726f746f5f5f' } }]);
  const [row] = rig.options;
  t.equal(row?.table === 'options' && Object.getPrototypeOf(row.values), null);
});

t.test('the boot time is learnt, where it can be one', async (t) => {
  const boot = (value: string): number | undefined => [...ipfixOptions([[144, 4]], [[160, 8]], `00000001 ${value}`).decoder.domains][0]?.systemInitMs; // biome-ignore format: short
  t.equal(boot(u64(1_700_000_000_123)), 1_700_000_000_123);
  t.equal(boot('ffffffffffffffff'), 0);
  t.equal(boot(u64(0)), 0);
});

t.test('options data is of its own domain and exporter', async (t) => {
  const rig = v9Options([[1, 4]], [[34, 4]], `00000000 ${u32(100)}`);
  rig.send(netflow9({ domain: 8 }, set(0, `0100 0001 ${u16(8)} 0004`), set(256, 'c0000201')));
  t.equal(rig.row().sampling_rate, 1);
});

t.test('what was announced has its name and type, in whatever order', async (t) => {
  const data = [set(3, optionsRecord(300, [[149, 4]], [[1, 65535, 32473], [2, 2, 32473], [3, 1, 32473]])), set(300, `${u32(7)} 03 312e30 0102 ff`)]; // biome-ignore format: short
  const told = announcement(
    [32473, 1, 13, 'exporterVersion'],
    [32473, 2, 2, '__proto__'],
    [32473, 3, 1, '__proto__'],
  );
  const rig = new DecoderRig().send(ipfix({}, ...data, ...told, ...data));
  const [before, , , , after] = rig.options;
  const scope = { observationDomainId: '7' };
  t.same(before, { table: 'options', template: 300, scope, values: { '32473.1': '0x312e30', '32473.2': '0x0102', '32473.3': '0xff' } }); // biome-ignore format: short
  t.same(after, { table: 'options', template: 300, scope, values: { '32473.exporterVersion': '1.0', '32473.__proto__': '258', '32473.3': '255' } }); // biome-ignore format: short
  t.match(rig.options[1], { scope: { privateEnterpriseNumber: '32473', informationElementId: '1' }, values: { informationElementName: 'exporterVersion' } }, 'announcements are options data, too'); // biome-ignore format: short
});
