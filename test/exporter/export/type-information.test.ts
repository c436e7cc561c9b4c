import t from 'tap';
import { announcedElements, ownIds, typeCodes } from '../../../exporter/export/type-information.ts';

t.test(
  'RFC 5610: data type, semantics and units of each element, as numbers of the registries',
  async (t) => {
    const announced = announcedElements(64999).map((element) => [
      element.pen,
      element.id,
      element.name,
      ...typeCodes(element),
    ]);
    // Types: 3 unsigned32, 4 unsigned64, 13 string. Semantics: 0 default, 2 totalCounter, 4 identifier.
    t.same(announced, [
      [21373, 4, 'mark', 3, 4, 0],
      [64999, 1, 'exporterVersion', 13, 0, 0],
      [64999, 2, 'eventOverrunTotalCount', 4, 2, 0],
      [64999, 3, 'resynchronisationTotalCount', 4, 2, 0],
    ]);
  },
);

t.test('all elements of our own are announced', async (t) => {
  const ids = announcedElements(64999).filter(({ pen }) => pen === 64999);
  t.same(Object.fromEntries(ids.map(({ name, id }) => [name, id])), ownIds);
});
