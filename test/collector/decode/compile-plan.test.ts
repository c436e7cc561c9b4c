import t from 'tap';
import { compilePlan } from '../../../collector/decode/compile-plan.ts';
import { operationBytes } from '../../../collector/kernel/kernel-layout.ts';
import { columnGroups, columnsOfGroups, flowColumns } from '../../../collector/store/flow-columns.ts';
import { resolveElement } from '../../../shared/elements/registry.ts';
import { netflow5Template } from '../../../shared/protocol/netflow5.ts';
import { type FieldSpecifier, makeTemplate } from '../../../shared/protocol/template.ts';

const columns = columnsOfGroups(columnGroups);
const field = (id: number, lengthBytes: number, pen = 0): FieldSpecifier => ({ pen, id, lengthBytes });
const planOf = (fields: readonly FieldSpecifier[], keepExtra = true) =>
  compilePlan(makeTemplate(10, 256, fields), columns, keepExtra);

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

t.test('NetFlow v5 leaves nothing over', async (t) => {
  t.same(compilePlan(netflow5Template, columns, true).extra, []);
});

t.test('the largest plan fits into the memory of the kernel', async (t) => {
  const all = flowColumns.flatMap((column) => column.from.map((spec) => resolveElement(spec)));
  const fields = all.filter((e) => e !== undefined).map((e) => field(e.id, 4, e.pen));
  const plan = planOf(fields);
  t.equal(plan.operations.byteLength, plan.operationCount * operationBytes);
  t.ok(plan.operations.byteLength <= 8192, `${plan.operationCount} operations`);
});
