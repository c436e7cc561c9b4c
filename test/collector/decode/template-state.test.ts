import t from 'tap';
import { makeTemplateEntry } from '../../../collector/decode/template-entry.ts';
import { restoreTemplate, TemplateList } from '../../../collector/decode/template-state.ts';
import { makeTemplate, variableLength } from '../../../shared/protocol/template.ts';

const flow = makeTemplate(10, 256, [{ pen: 9, id: 1, lengthBytes: variableLength }, { pen: 0, id: 8, lengthBytes: 4 }]); // biome-ignore format: short
const options = makeTemplate(9, 257, [{ pen: 0, id: 1, lengthBytes: 2 }], { scopeCount: 0 });

t.test('each once, in the order in which tables name them', async (t) => {
  const list = new TemplateList();
  const [a, b] = [makeTemplateEntry(flow, 5), makeTemplateEntry(options, 6)];
  t.same(list.positionsOf(new Map([[257, b], [256, a]])), [0, 1]); // biome-ignore format: short
  t.same(list.positionsOf(new Map([[256, a]])), [1]);
  t.same(list.templates, [
    { version: 9, id: 257, scopeCount: 0, fields: [0, 1, 2], lastUsedMicros: 6 },
    { version: 10, id: 256, scopeCount: null, fields: [9, 1, 65535, 0, 8, 4], lastUsedMicros: 5 },
  ]);
});

t.test('restored they are what they were', async (t) => {
  for (const template of [flow, options]) {
    const list = new TemplateList();
    const entry = makeTemplateEntry(template, 7);
    list.positionsOf(new Map([[template.id, entry]]));
    t.same(list.templates.map(restoreTemplate), [entry]);
  }
});
