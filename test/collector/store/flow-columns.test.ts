import t from 'tap';
import {
  columnGroups,
  columnsOfGroups,
  directions,
  flowColumns,
  recordKinds,
  samplingSources,
  timeSources,
} from '../../../collector/store/flow-columns.ts';
import { ownElements } from '../../../shared/elements/own-elements.ts';
import { resolveElement } from '../../../shared/elements/registry.ts';

t.test('names are unique, and good for SQL without quotes', async (t) => {
  t.equal(new Set(flowColumns.map(({ name }) => name)).size, flowColumns.length);
  for (const { name } of flowColumns) t.match(name, /^[a-z][a-z0-9_]*$/);
});

t.test('the storage of a column is as wide as its type', async (t) => {
  const fits = {
    u8: /^UInt8$|^Enum8\(/,
    u16: /^UInt16$/,
    u32: /^UInt32$|^DateTime$/,
    u64: /^UInt64$|^DateTime64\(6\)$/,
    ip: /^IPv6$/,
    text: /String\)?$/,
    labels: /^Array\(UInt32\)$/,
    extra: /^Map\(String, String\)$/,
  };
  for (const { name, type, storage } of flowColumns) t.match(type, fits[storage], name);
});

t.test('every element that feeds a column is one of the registry, or ours', async (t) => {
  for (const { name, from } of flowColumns) {
    for (const spec of from) {
      const isNumber = /^(?:v9|\d+)\/\d+$/.test(spec);
      const own = /^announced\/(.*)$/.exec(spec)?.[1];
      const isOwn = ownElements.some((element) => element.name === own);
      t.ok(isNumber || isOwn || resolveElement(spec) !== undefined, `${name}: ${spec}`);
    }
    t.equal(new Set(from).size, from.length, `${name}: none twice`);
  }
});

t.test('enums say the numbers that the decoder writes', async (t) => {
  const typeOf = (name: string): string | undefined => flowColumns.find((c) => c.name === name)?.type;
  t.equal(typeOf('record_kind'), "Enum8('flow' = 0, 'interim' = 1, 'event' = 2)");
  t.equal(typeOf('direction'), "Enum8('unknown' = 0, 'ingress' = 1, 'egress' = 2)");
  for (const values of [recordKinds, samplingSources, directions, timeSources])
    t.same(
      Object.values(values),
      Object.keys(values).map((_, i) => i),
      'from 0 on, which is what an unused column holds',
    );
  t.equal(timeSources.received, 0);
});

t.test('core is in every choice, and table order is kept', async (t) => {
  const core = columnsOfGroups([]);
  t.ok(core.every(({ group }) => group === 'core'));
  t.same(columnsOfGroups(['core']), core);
  const chosen = columnsOfGroups(['l2', 'nat']);
  t.same(
    chosen,
    flowColumns.filter(({ group }) => ['core', 'nat', 'l2'].includes(group)),
  );
  t.same(columnsOfGroups(columnGroups), flowColumns);
  for (const group of columnGroups) t.ok(flowColumns.some((c) => c.group === group), group); // biome-ignore format: short
});
