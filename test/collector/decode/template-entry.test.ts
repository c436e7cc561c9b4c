import t from 'tap';
import { makeTemplateEntry } from '../../../collector/decode/template-entry.ts';
import { makeTemplate } from '../../../shared/protocol/template.ts';

t.test('nobody has it, and nothing was compiled', async (t) => {
  const template = makeTemplate(10, 256, [{ pen: 0, id: 1, lengthBytes: 4 }]);
  t.same(makeTemplateEntry(template, 5), {
    template,
    hasEnterprise: false,
    lastUsedMicros: 5,
    plan: undefined,
    plannedAt: 0,
    holders: 0,
  });
  const told = makeTemplate(10, 256, [{ pen: 9, id: 1, lengthBytes: 4 }]);
  t.ok(makeTemplateEntry(told, 5).hasEnterprise);
});
