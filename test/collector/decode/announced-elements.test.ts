import t from 'tap';
import { type AnnouncedElement, AnnouncedElements } from '../../../collector/decode/announced-elements.ts';

/** Microseconds, in the first hour. */
const now = 1;

const told = (id: number, name: string, pen = 32473): AnnouncedElement => ({
  pen,
  id,
  dataType: 'unsigned8',
  name,
});

t.test('what was announced last is what an element is', async (t) => {
  const elements = new AnnouncedElements(10, 100);
  t.equal(elements.find(32473, 1), undefined);
  t.equal(elements.announce(told(1, 'a'), now), 'new');
  t.equal(elements.announce(told(1, 'a'), now), 'same');
  t.equal(elements.announce({ ...told(1, 'a'), dataType: 'string' }, now), 'changed');
  t.match(elements.find(32473, 1), { name: 'a', dataType: 'string' });
  t.equal(elements.announce(told(1, 'b'), now), 'changed');
  t.same(elements.find(32473, 1), told(1, 'b'));
  t.equal(elements.find(32474, 1), undefined, 'of another enterprise nothing is known');
  t.equal(elements.size, 1);
});

t.test('a name belongs to who had it first, as long as it has it', async (t) => {
  const elements = new AnnouncedElements(10, 100);
  for (const id of [5, 3, 4]) elements.announce(told(id, 'a'), now);
  elements.announce(told(3, 'a', 9), now);
  const names = (): readonly unknown[] => [5, 3, 4].map((id) => elements.find(32473, id)?.name);
  t.same(names(), ['a', '', '']);
  t.equal(elements.find(9, 3)?.name, 'a', 'another enterprise has its own names');
  elements.announce({ ...told(5, 'a'), dataType: undefined }, now);
  t.same(names(), ['a', '', ''], 'another type takes nothing away');
  elements.announce(told(5, 'b'), now);
  t.same(names(), ['b', 'a', '']);
  elements.announce(told(5, 'a'), now);
  t.same(names(), ['', 'a', ''], 'who comes back stands behind the others');
  elements.announce(told(3, ''), now);
  t.same(names(), ['', '', 'a']);
  t.same([elements.idOf(32473, 'a'), elements.idOf(32473, 'b'), elements.idOf(32473, '')], [4, undefined, undefined]); // biome-ignore format: short
});

t.test('when it is full nothing new is taken', async (t) => {
  const elements = new AnnouncedElements(2, 100);
  t.same([1, 2, 3].map((id) => elements.announce(told(id, `n${id}`), now)), ['new', 'new', 'refused']); // biome-ignore format: short
  t.equal(elements.announce(told(2, 'other'), now), 'changed', 'what is known may change');
  t.same([elements.size, elements.find(32473, 3)], [2, undefined]);
});

t.test('what is saved, announced again, is the same', async (t) => {
  const elements = new AnnouncedElements(10, 100);
  for (const [id, name] of [[1, 'a'], [2, 'a'], [3, 'a'], [1, 'b'], [1, 'a'], [4, '']] as const) // biome-ignore format: short
    elements.announce(told(id, name), now);
  const again = new AnnouncedElements(10, 100);
  again.restore(elements.save(), elements.saveChanges());
  const ids = [1, 2, 3, 4];
  t.same(
    ids.map((id) => again.find(32473, id)?.name),
    ['', 'a', '', ''],
  );
  t.same(
    ids.map((id) => again.find(32473, id)),
    ids.map((id) => elements.find(32473, id)),
  );
  t.same(again.save(), elements.save());
  t.same(again.saveChanges(), elements.saveChanges());
});

t.test('so many changes an hour are taken', async (t) => {
  const hour = 3600e6;
  const elements = new AnnouncedElements(10, 2);
  const announce = (name: string, micros: number): string => elements.announce(told(1, name), micros);
  t.same(['a', 'b', 'c', 'c', 'd'].map((name) => announce(name, 5 * hour)), ['new', 'changed', 'changed', 'same', 'refused']); // biome-ignore format: short
  t.equal(elements.find(32473, 1)?.name, 'c', 'it stays what it is');
  t.equal(elements.announce({ ...told(1, 'c'), dataType: 'string' }, 5 * hour), 'refused', 'another type');
  t.equal(elements.announce(told(2, 'd'), 5 * hour), 'new', 'a new one changes nothing');
  t.equal(announce('e', 4 * hour), 'refused', 'an hour that is past');
  const again = new AnnouncedElements(10, 2);
  again.restore(elements.save(), elements.saveChanges());
  t.equal(again.announce(told(1, 'e'), 6 * hour - 1), 'refused', 'it is remembered');
  t.same([announce('e', 6 * hour), announce('f', 6 * hour), announce('g', 6 * hour)], ['changed', 'changed', 'refused']); // biome-ignore format: short
});
