import t from 'tap';
import { makeTemplate } from '../../../shared/protocol/template.ts';

const field = (lengthBytes: number) => ({ pen: 0, id: 1, lengthBytes });

t.test('the shortest record: a variable length takes one octet', async (t) => {
  t.match(makeTemplate(10, 256, [field(4), field(2)]), {
    minBytes: 6,
    hasVariable: false,
    isOptions: false,
    scopeCount: 0,
  });
  t.match(makeTemplate(10, 256, [field(4), field(65535)]), { minBytes: 5, hasVariable: true });
  t.match(makeTemplate(10, 256, []), { minBytes: 0, hasVariable: false });
});

t.test('options', async (t) => {
  t.match(
    makeTemplate(9, 256, [field(4)], { scopeCount: 0 }),
    { isOptions: true, scopeCount: 0 },
    'may have no scope',
  );
  t.match(makeTemplate(10, 256, [field(4), field(1)], { scopeCount: 1 }), { isOptions: true, scopeCount: 1 });
});
