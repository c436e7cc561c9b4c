import t from 'tap';
import { sameLayout } from '../../../collector/decode/same-layout.ts';
import { type FieldSpecifier, makeTemplate } from '../../../shared/protocol/template.ts';

const field = (id: number, lengthBytes: number, pen = 0): FieldSpecifier => ({ pen, id, lengthBytes });
const fields = [field(8, 4), field(1, 8, 29305)];
const template = makeTemplate(10, 256, fields);

t.test('the same fields are the same layout, whatever the number of the Template', async (t) => {
  t.ok(sameLayout(template, makeTemplate(10, 300, [...fields])));
});

t.test('another one', async (t) => {
  const others = [
    makeTemplate(9, 256, fields),
    makeTemplate(10, 256, [field(8, 4)]),
    makeTemplate(10, 256, [field(8, 4), field(1, 8)]),
    makeTemplate(10, 256, [field(8, 4), field(1, 4, 29305)]),
    makeTemplate(10, 256, [field(9, 4), field(1, 8, 29305)]),
    makeTemplate(10, 256, fields, { scopeCount: 0 }),
  ];
  for (const [i, other] of others.entries()) t.notOk(sameLayout(template, other), `${i}`);
  const options = (scopeCount: number) => makeTemplate(10, 256, fields, { scopeCount });
  t.notOk(sameLayout(options(1), options(2)));
});
