import t from 'tap';
import type { FindAnnounced } from '../../../collector/decode/announced-elements.ts';
import { compilePlan } from '../../../collector/decode/compile-plan.ts';
import { ExtraKeys } from '../../../collector/decode/extra-keys.ts';
import { operationBytes } from '../../../collector/kernel/kernel-layout.ts';
import { columnGroups, columnsOfGroups, flowColumns } from '../../../collector/store/flow-columns.ts';
import { ownElements } from '../../../shared/elements/own-elements.ts';
import { resolveElement } from '../../../shared/elements/registry.ts';
import { netflow5Template } from '../../../shared/protocol/netflow5.ts';
import { type FieldSpecifier, makeTemplate } from '../../../shared/protocol/template.ts';

const columns = columnsOfGroups(columnGroups);
const field = (id: number, lengthBytes: number, pen = 0): FieldSpecifier => ({ pen, id, lengthBytes });
const nobody = () => undefined;
const planOf = (fields: readonly FieldSpecifier[], keepExtra = true) =>
  compilePlan(makeTemplate(10, 256, fields), columns, keepExtra ? new ExtraKeys(100) : undefined, nobody);

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
  const plan = compilePlan(first, columns, keys, nobody);
  t.same(plan.extra.map((f) => f.key), ['9999.1', 'isMulticast', 'isMulticast#2']); // biome-ignore format: short
  t.equal(plan.extraRefused, 1);
  t.same(compilePlan(first, columns, keys, nobody), plan, 'compiled again it is the same');
  const second = compilePlan(
    template(field(1, 1, 9999), field(3, 1, 9999), field(82, 4)),
    columns,
    keys,
    nobody,
  );
  t.same(second.extra.map((f) => f.key), ['9999.1', 'interfaceName']); // biome-ignore format: short
  t.match(
    compilePlan(first, columns, undefined, nobody),
    { extra: [], extraRefused: 0 },
    'nothing is wanted',
  );
});

t.test('NetFlow v5 leaves nothing over', async (t) => {
  t.match(compilePlan(netflow5Template, columns, new ExtraKeys(100), nobody), { extra: [], extraRefused: 0 });
});

t.test('the largest plan fits into the memory of the kernel', async (t) => {
  const all = flowColumns.flatMap((column) => column.from.map((spec) => resolveElement(spec)));
  const fields = all.filter((e) => e !== undefined).map((e) => field(e.id, 4, e.pen));
  const ours = ownElements.map(({ id }) => field(id, 4, 32473));
  const told: FindAnnounced = (pen, id) => {
    const element = ownElements.find((e) => pen === 32473 && e.id === id);
    return element && { pen, id, dataType: element.dataType, name: element.name };
  };
  const plan = compilePlan(makeTemplate(10, 256, [...fields, ...ours]), columns, new ExtraKeys(100), told);
  const left = plan.extra.map(({ key }) => key).filter((key) => key.startsWith('32473.'));
  const ofOptions = ['exporterVersion', 'eventOverrunTotalCount', 'resynchronisationTotalCount'];
  t.same(left, ofOptions.map((name) => `32473.${name}`)); // biome-ignore format: short
  t.equal(plan.operations.byteLength, plan.operationCount * operationBytes);
  t.ok(plan.operations.byteLength <= 8192, `${plan.operationCount} operations`);
});
