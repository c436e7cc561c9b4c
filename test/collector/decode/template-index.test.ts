import t from 'tap';
import { elementKey, keyOfSpec } from '../../../collector/decode/element-key.ts';
import { makeTemplateIndex } from '../../../collector/decode/template-index.ts';
import { makeTemplate } from '../../../shared/protocol/template.ts';

const field = (id: number, lengthBytes: number, pen = 0) => ({ pen, id, lengthBytes });
const nobody = () => undefined;
const key = (id: number, pen = 0): number => elementKey(10, { pen, id });

t.test('where fields lie', async (t) => {
  const index = makeTemplateIndex(
    makeTemplate(10, 256, [field(8, 4), field(1, 8), field(7, 2), field(1, 8, 29305)]),
    nobody,
  );
  t.same(
    index.fields.map((f) => f.offset),
    [0, 4, 12, 14],
  );
  t.match(index.find(key(7)), { field: 2, offset: 12, occurrence: 0 });
  t.match(index.find(key(1, 29305)), { field: 3 }, 'the reverse element is another one');
  t.equal(index.find(key(12)), undefined);
});

t.test('of an element that is repeated the first one is found', async (t) => {
  const index = makeTemplateIndex(makeTemplate(10, 256, [field(8, 4), field(8, 4), field(8, 4)]), nobody);
  t.match(index.find(key(8)), { field: 0 });
  t.same(
    index.fields.map((f) => f.occurrence),
    [0, 1, 2],
  );
});

t.test('what no column took', async (t) => {
  const index = makeTemplateIndex(
    makeTemplate(10, 256, [field(8, 4), field(210, 3), field(1, 0), field(2, 4), field(500, 1)]),
    nobody,
  );
  const found = index.find(key(8));
  t.ok(found && index.consume(found));
  t.same(
    index.unconsumed().map((f) => f.id),
    [2, 500],
    'padding and fields of no length are nothing',
  );
  t.equal(index.find(key(1)), undefined);
});

t.test('scope fields are no flow fields', async (t) => {
  const index = makeTemplateIndex(
    makeTemplate(10, 256, [field(10, 4), field(82, 8)], { scopeCount: 1 }),
    nobody,
  );
  t.equal(index.find(key(10)), undefined);
  t.match(index.find(key(82)), { field: 1 });
});

t.test('an element of ours is found by its name, the first that was announced under it', async (t) => {
  const told = (pen: number, id: number) =>
    ({ pen, id, dataType: 'string', name: id === 1 ? 'proxyHost' : 'other' }) as const;
  const template = makeTemplate(10, 256, [field(2, 4, 9), field(1, 4, 9), field(1, 4, 8)]);
  const index = makeTemplateIndex(template, told);
  t.match(index.find(keyOfSpec('announced/proxyHost')), { field: 1, pen: 9 });
  t.match(index.find(key(1, 8)), { field: 2 });
  t.equal(index.find(keyOfSpec('announced/proxyMapping')), undefined);
  const options = makeTemplate(10, 256, [field(1, 4, 9), field(1, 0, 8)], { scopeCount: 1 });
  t.equal(
    makeTemplateIndex(options, told).find(keyOfSpec('announced/proxyHost')),
    undefined,
    'as others are',
  );
});
