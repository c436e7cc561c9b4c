import t from 'tap';
import { compilePlan } from '../../../collector/decode/compile-plan.ts';
import { ExtraKeys } from '../../../collector/decode/extra-keys.ts';
import { operationBytes } from '../../../collector/kernel/kernel-layout.ts';
import { columnGroups, columnsOfGroups, flowColumns } from '../../../collector/store/flow-columns.ts';
import { resolveElement } from '../../../shared/elements/registry.ts';
import { netflow5Template } from '../../../shared/protocol/netflow5.ts';
import { type FieldSpecifier, makeTemplate } from '../../../shared/protocol/template.ts';

const columns = columnsOfGroups(columnGroups);
const field = (id: number, lengthBytes: number, pen = 0): FieldSpecifier => ({ pen, id, lengthBytes });
const planOf = (fields: readonly FieldSpecifier[], keepExtra = true) =>
  compilePlan(makeTemplate(10, 256, fields), columns, keepExtra ? new ExtraKeys(100) : undefined);

t.test('what no column takes goes to extra', async (t) => {
  const plan = planOf([field(8, 4), field(206, 1), field(500, 2, 9), field(210, 2)]);
  t.same(plan.extra.map((f) => [f.field, f.key]), [[1, 'isMulticast'], [2, '9.500']]); // biome-ignore format: short
  t.same(planOf([field(206, 1)], false).extra, []);
});

t.test('ipVersion is said by the addresses', async (t) => {
  t.same(planOf([field(60, 1), field(8, 4)]).extra, []);
  t.same(planOf([field(60, 1)]).extra.map((f) => f.key), ['ipVersion']); // biome-ignore format: short
});

t.test('sysUpTime in IPFIX goes to extra as long as nobody said when the exporter booted', async (t) => {
  const plan = planOf([field(22, 4), field(21, 4), field(206, 1)]);
  t.same(plan.extra.map((f) => f.key), ['isMulticast']); // biome-ignore format: short
  t.same(
    plan.extraWithUptime.map((f) => f.key),
    ['isMulticast', 'flowStartSysUpTime', 'flowEndSysUpTime'],
  );
  t.same(planOf([field(22, 4), field(160, 8)]).extraWithUptime, []);
});

t.test('keys that strangers can make up are limited, names of the registry are not', async (t) => {
  const keys = new ExtraKeys(2);
  const template = (...fields: readonly FieldSpecifier[]) => makeTemplate(10, 256, fields);
  const first = template(field(1, 1, 9999), field(206, 1), field(206, 1), field(2, 1, 9999));
  const plan = compilePlan(first, columns, keys);
  t.same(plan.extra.map((f) => f.key), ['9999.1', 'isMulticast', 'isMulticast#2']); // biome-ignore format: short
  t.equal(plan.extraRefused, 1);
  t.same(compilePlan(first, columns, keys), plan, 'compiled again it is the same');
  const second = compilePlan(template(field(1, 1, 9999), field(3, 1, 9999), field(82, 4)), columns, keys);
  t.same(second.extra.map((f) => f.key), ['9999.1', 'interfaceName']); // biome-ignore format: short
  t.match(compilePlan(first, columns, undefined), { extra: [], extraRefused: 0 }, 'nothing is wanted');
});

t.test('NetFlow v5 leaves nothing over', async (t) => {
  t.match(compilePlan(netflow5Template, columns, new ExtraKeys(100)), { extra: [], extraRefused: 0 });
});

t.test('the largest plan fits into the memory of the kernel', async (t) => {
  const all = flowColumns.flatMap((column) => column.from.map((spec) => resolveElement(spec)));
  const fields = all.filter((e) => e !== undefined).map((e) => field(e.id, 4, e.pen));
  const plan = planOf(fields);
  t.equal(plan.operations.byteLength, plan.operationCount * operationBytes);
  t.ok(plan.operations.byteLength <= 8192, `${plan.operationCount} operations`);
});
