import t from 'tap';
import type { ObservationDomain } from '../../../collector/decode/observation-domain.ts';
import { DecoderRig } from '../../support/decoder-rig.ts';
import { announcement, type Told } from '../../support/element-announcement.ts';
import {
  ipfix,
  netflow9,
  optionsRecord,
  optionsRecord9,
  type Specifier,
  set,
} from '../../support/message-hex.ts';

const domainOf = (rig: DecoderRig): ObservationDomain => [...rig.decoder.domains][0] as ObservationDomain;
const learnt = (...told: readonly Told[]) =>
  domainOf(new DecoderRig().send(ipfix({}, ...announcement(...told)))).elements.save();
const names = (...said: readonly string[]): readonly string[] =>
  learnt(...said.map((name, i): Told => [32473, i + 1, 13, name])).map(({ name }) => name);
const learntFrom = (
  scope: readonly Specifier[],
  fields: readonly Specifier[],
  ...records: readonly string[]
) =>
  domainOf(
    new DecoderRig().send(ipfix({}, set(3, optionsRecord(300, scope, fields)), set(300, ...records))),
  ).elements.save();

t.test('number, type and name of an element', async (t) => {
  t.same(learnt([32473, 12, 4, 'sourceProcessCgroupId'], [32473, 13, 13, 'x']), [
    { pen: 32473, id: 12, dataType: 'unsigned64', name: 'sourceProcessCgroupId' },
    { pen: 32473, id: 13, dataType: 'string', name: 'x' },
  ]);
  t.match(learnt([32473, 1, 99, 'x']), [{ dataType: undefined, name: 'x' }], 'a type that nobody knows');
});

t.test('a whole record of RFC 5610, with what is passed over', async (t) => {
  // Appendix A.2 of the RFC has these fields in this order.
  const scope: readonly Specifier[] = [[346, 4], [303, 2]]; // biome-ignore format: short
  const fields: readonly Specifier[] = [[339, 1], [344, 1], [345, 2], [342, 8], [343, 8], [341, 65535], [340, 65535]]; // biome-ignore format: short
  const record = '00007ed9 0007 03 04 0000 0000000000000000 00000000ffffffff 05 73636f7265 04 74657874';
  const element = { pen: 32473, id: 7, dataType: 'unsigned32', name: 'score' };
  t.same(learntFrom(scope, fields, record), [element]);
  t.match(learntFrom([[303, 2], [346, 4]], [[339, 1]], '0007 00007ed9 03'), [{ ...element, name: '' }], 'scopes in the other order'); // biome-ignore format: short
  t.same(learntFrom([[303, 2]], [[346, 4], [341, 5]], '0007 00007ed9 73636f7265'), [{ ...element, dataType: undefined }], 'the enterprise is no scope'); // biome-ignore format: short
  t.match(learntFrom([[346, 2], [303, 4]], [[339, 2]], '7ed9 00000007 0003'), [{ ...element, name: '' }], 'of other lengths'); // biome-ignore format: short
  t.match(learntFrom([[346, 4], [303, 2]], [[339, 1]], '00007ed9 8007 03'), [{ id: 7 }], 'the enterprise bit is ignored'); // biome-ignore format: short
});

t.test('what is no announcement', async (t) => {
  t.same(learntFrom([[303, 2]], [[339, 1], [341, 2]], '0007 03 6162'), [], 'the number alone is one of IANA'); // biome-ignore format: short
  t.same(learntFrom([[346, 4]], [[339, 1], [341, 2]], '00007ed9 03 6162'), []); // biome-ignore format: short
  t.same(learntFrom([[346, 4], [303, 2]], [[340, 2]], '00007ed9 0007 6162'), [], 'a description is not kept'); // biome-ignore format: short
  t.same(learntFrom([[346, 16], [303, 2]], [[339, 1]], `${'00'.repeat(14)}7ed9 0007 03`), [], 'no number of an enterprise'); // biome-ignore format: short
  const rig = new DecoderRig().send(netflow9({}, set(1, optionsRecord9(300, [[1, 4]], [[346, 4], [303, 2], [339, 1]])), set(300, '00000000 00007ed9 0007 03'))); // biome-ignore format: short
  t.same([domainOf(rig).elements.size, rig.totals.optionsRecords], [0, 1], 'NetFlow v9 has no enterprises');
});

t.test('what may not be told anew', async (t) => {
  t.same(learnt([0, 8, 3, 'mine'], [29305, 1, 3, 'mine'], [6871, 18, 3, 'mine'], [21373, 4, 3, 'mine']), []);
  t.match(
    learnt([35632, 182, 13, 'mine']),
    [{ id: 182, dataType: 'string' }],
    'the registry has no type of it',
  );
});

t.test('names are cleaned, and cut', async (t) => {
  t.same(names('a b', "x'); DROP--", 'naïve', '\u001b[31mred', '__proto__', 'a_b-C9', '\0\0'), [
    ...['ab', 'xDROP--', 'nave', '31mred', '__proto__', 'a_b-C9', ''],
  ]);
  t.same(names('12', '-12', ''), ['', '-12', ''], 'digits are the number of another element');
  t.same(names('ä'.repeat(300) + 'n'.repeat(300)), ['n'.repeat(64)]);
});

t.test('one too many is counted', async (t) => {
  const rig = new DecoderRig({ limits: { announcedPerDomain: 2 } });
  rig.send(ipfix({}, ...announcement([1, 1, 3, 'a'], [1, 2, 3, 'b'], [1, 3, 3, 'c'])));
  t.equal(domainOf(rig).elements.size, 2);
  t.equal(rig.totals.elementsRefused, 1);
});

t.test('what changes in every Message stays what it is in the end, and is counted', async (t) => {
  const rig = new DecoderRig({ limits: { announcedChangesPerDomain: 3 } });
  for (let i = 0; i < 10; i++) rig.send(ipfix({}, ...announcement([1, 1, 1 + (i % 2), `n${i}`])));
  t.match(domainOf(rig).elements.find(1, 1), { name: 'n3' });
  t.equal(rig.totals.elementsRefused, 6);
});
