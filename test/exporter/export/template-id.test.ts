import t from 'tap';
import { maxTemplates, TemplateIds } from '../../../exporter/export/template-id.ts';
import type { FieldSpecifier } from '../../../shared/protocol/template.ts';

const field = (id: number, lengthBytes: number, pen = 0): FieldSpecifier => ({ pen, id, lengthBytes });
const ports = [field(7, 2), field(11, 2)];

/** FNV-1a over 16-bit words, low octet first, worked out with numbers of any size: offset 2166136261, prime 16777619. */
const idOf = (...words: readonly number[]): number => {
  let hash = 2166136261n;
  for (const word of words)
    for (const octet of [word & 0xff, word >> 8]) hash = ((hash ^ BigInt(octet)) * 16777619n) % 2n ** 32n;
  return 256 + Number(hash % 65280n);
};

t.test('an id is a hash of version, scope and fields, the same in every session', async (t) => {
  const { id } = new TemplateIds(10).make(ports);
  t.equal(id, idOf(10, 0, 0, 0, 7, 2, 0, 0, 11, 2));
  t.equal(new TemplateIds(9).make([field(4, 4, 0x12345)], { scopeCount: 1 }).id, idOf(9, 1, 1, 0x2345, 4, 4));
});

t.test('the same content is the same Template, another content another', async (t) => {
  const ids = new TemplateIds(10);
  const template = ids.make(ports);
  t.equal(ids.make([...ports]), template);
  t.same([template.version, template.minBytes, template.isOptions], [10, 4, false]);
  const others = [
    ids.make([field(11, 2), field(7, 2)]),
    ids.make([field(7, 2), field(11, 4)]),
    ids.make([field(7, 2, 29305), field(11, 2)]),
    ids.make(ports, { scopeCount: 1 }),
  ];
  t.equal(new Set([template, ...others].map(({ id }) => id)).size, 5);
});

t.test('of two contents with one hash the later gets the next id', async (t) => {
  // Both hashes lead to the same id; found by trying.
  const seen = new Map<number, number>();
  let pair: readonly [number, number] | undefined;
  for (let element = 1; pair === undefined; element++) {
    const id = idOf(10, 0, 0, 0, element, 4);
    const earlier = seen.get(id);
    if (earlier !== undefined) pair = [earlier, element];
    seen.set(id, element);
  }
  const [one, other] = pair;
  const ids = new TemplateIds(10);
  const first = ids.make([field(one, 4)]).id;
  t.equal(ids.make([field(other, 4)]).id, first + 1);
  t.equal(ids.make([field(one, 4)]).id, first);
  t.equal(ids.make([field(other, 4)]).id, first + 1, 'and keeps it');
});

t.test('there are not more Templates than we can have shapes of records', async (t) => {
  const ids = new TemplateIds(10);
  for (let element = 1; element <= maxTemplates; element++) ids.make([field(element, 4)]);
  t.throws(() => ids.make(ports), /more than 4096 Templates/);
});
