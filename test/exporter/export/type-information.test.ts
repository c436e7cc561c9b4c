import t from 'tap';
import {
  announcedElements,
  ntopPen,
  ownElementId,
  typeCodes,
} from '../../../exporter/export/type-information.ts';
import { ownElements } from '../../../shared/elements/own-elements.ts';

t.test('RFC 5610: data type, semantics and units of elements, as numbers of the registries', async (t) => {
  const announced = new Map(
    announcedElements(64999).map((element) => [
      element.name,
      [element.pen, element.id, ...typeCodes(element)],
    ]),
  );
  // Types: 1 unsigned8, 3 unsigned32, 4 unsigned64, 13 string, 18 ipv4Address. Semantics: 0 default, 2 totalCounter, 4 identifier.
  const expected: readonly (readonly [name: string, codes: readonly number[]])[] = [
    ['mark', [21373, 4, 3, 4, 0]],
    ['SRC_PROC_PID', [35632, 168, 3, 4, 0]],
    ['DST_PROC_CMDLINE', [35632, 557, 13, 0, 0]],
    ['exporterVersion', [64999, 1, 13, 0, 0]],
    ['eventOverrunTotalCount', [64999, 2, 4, 2, 0]],
    ['resynchronisationTotalCount', [64999, 3, 4, 2, 0]],
    ['sourceProcessQuality', [64999, 13, 1, 4, 0]],
    ['proxyClientIPv4Address', [64999, 33, 18, 0, 0]],
  ];
  for (const [name, codes] of expected) t.same(announced.get(name), codes, name);
});

t.test('all elements of our own are announced, under our number', async (t) => {
  const own = announcedElements(64999).filter(({ pen }) => pen === 64999);
  t.same(
    own.map(({ id, name }) => [id, name]),
    ownElements.map(({ id, name }) => [id, name]),
  );
  t.equal(ownElementId('proxyRequestId'), 30);
});

t.test('of ntop the elements of processes, each with one of the other end', async (t) => {
  const names = announcedElements(64999)
    .filter(({ pen }) => pen === ntopPen)
    .map(({ name }) => name);
  const kinds = ['PID', 'UID', 'NAME', 'USER_NAME', 'CMDLINE', 'CONTAINER_ID'];
  t.same(
    names,
    ['SRC', 'DST'].flatMap((end) => kinds.map((kind) => `${end}_PROC_${kind}`)),
  );
});
