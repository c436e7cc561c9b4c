import t from 'tap';
import { type AnnouncedElement, AnnouncedElements } from '../../../collector/decode/announced-elements.ts';

const told = (id: number, name: string, pen = 32473): AnnouncedElement => ({
  pen,
  id,
  dataType: 'unsigned8',
  name,
});

t.test('what was announced last is what an element is', async (t) => {
  const elements = new AnnouncedElements(10);
  t.equal(elements.find(32473, 1), undefined);
  t.equal(elements.announce(told(1, 'a')), 'new');
  t.equal(elements.announce(told(1, 'a')), 'same');
  t.equal(elements.announce({ ...told(1, 'a'), dataType: 'string' }), 'changed');
  t.match(elements.find(32473, 1), { name: 'a', dataType: 'string' });
  t.equal(elements.announce(told(1, 'b')), 'changed');
  t.same(elements.find(32473, 1), told(1, 'b'));
  t.equal(elements.find(32474, 1), undefined, 'of another enterprise nothing is known');
  t.equal(elements.size, 1);
});

t.test('a name belongs to who had it first, as long as it has it', async (t) => {
  const elements = new AnnouncedElements(10);
  for (const id of [5, 3, 4]) elements.announce(told(id, 'a'));
  elements.announce(told(3, 'a', 9));
  const names = (): readonly unknown[] => [5, 3, 4].map((id) => elements.find(32473, id)?.name);
  t.same(names(), ['a', '', '']);
  t.equal(elements.find(9, 3)?.name, 'a', 'another enterprise has its own names');
  elements.announce({ ...told(5, 'a'), dataType: undefined });
  t.same(names(), ['a', '', ''], 'another type takes nothing away');
  elements.announce(told(5, 'b'));
  t.same(names(), ['b', 'a', '']);
  elements.announce(told(5, 'a'));
  t.same(names(), ['', 'a', ''], 'who comes back stands behind the others');
  elements.announce(told(3, ''));
  t.same(names(), ['', '', 'a']);
  t.same([elements.idOf(32473, 'a'), elements.idOf(32473, 'b'), elements.idOf(32473, '')], [4, undefined, undefined]); // biome-ignore format: short
});

t.test('when it is full nothing new is taken', async (t) => {
  const elements = new AnnouncedElements(2);
  t.same([1, 2, 3].map((id) => elements.announce(told(id, `n${id}`))), ['new', 'new', 'full']); // biome-ignore format: short
  t.equal(elements.announce(told(2, 'other')), 'changed', 'what is known may change');
  t.same([elements.size, elements.find(32473, 3)], [2, undefined]);
});

t.test('what is saved, announced again, is the same', async (t) => {
  const elements = new AnnouncedElements(10);
  for (const [id, name] of [[1, 'a'], [2, 'a'], [3, 'a'], [1, 'b'], [1, 'a'], [4, '']] as const) // biome-ignore format: short
    elements.announce(told(id, name));
  const again = new AnnouncedElements(10);
  for (const element of elements.save()) again.announce(element);
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
});
