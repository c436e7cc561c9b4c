import t from 'tap';
import { answerQuestion, assertFilterColumns, planQuestion } from '../../../collector/ask/answer-question.ts';
import type { LedgerView } from '../../../collector/ask/ledger-view.ts';
import type { Plan, Question, Report } from '../../../collector/ask/report.ts';

const question: Question = {
  ...{ range: { from: 100, to: 200, isRelative: false }, filter: undefined, limit: 5, offset: 0 },
  ...{ argument: undefined, options: {} },
};
const ledgerOf = (found: readonly object[], columns: readonly string[] = []): LedgerView => ({
  ...{ nowMicros: 1000, zone: 'UTC', since: async () => 50, progress: async () => [], heard: async () => [] },
  ask: async <Row>() => found as Row[],
  hasColumn: async (column) => columns.includes(column),
  formatTime: String,
});
const plan: Plan = {
  ...{ query: { sql: '', params: {} }, columns: [], source: 'flows' },
  arrange: (rows) => [...rows].reverse(),
  conclude: (rows) => [`${rows.length} rows`],
};

t.test('rows as the plan arranges them, and what is said', async (t) => {
  const answer = await answerQuestion(plan, question, ledgerOf([{ a: 1 }, { a: 2 }]));
  t.match(answer, { rows: [{ a: 2 }, { a: 1 }], range: question.range, since: 50, remarks: ['2 rows'] });
  const range = { from: 60, to: 70, isRelative: false };
  t.match(await answerQuestion({ ...plan, range }, question, ledgerOf([])), { range });
});

t.test('an empty answer says why, unless its plan does', async (t) => {
  const remarks = async (change: Partial<Plan>, asked: Partial<Question> = {}) =>
    (await answerQuestion({ ...plan, ...change }, { ...question, ...asked }, ledgerOf([]))).remarks;
  t.same(await remarks({}), ['nothing found: no exporter was heard in this time', '0 rows']);
  t.same(await remarks({ explainsEmpty: true }), ['0 rows']);
  t.same(await remarks({}, { offset: 5 }), ['0 rows'], 'a page too far');
});

t.test('columns that a filter needs', async (t) => {
  const filter = { sql: () => '1', params: {}, columns: new Set(['src_vlan', 'proto', 'service']), text: '' };
  const ledger = ledgerOf([], ['proto', 'post_nat_src_addr']);
  const message = '--filter: src_vlan needs the column group l2: start the collector with --columns nat,l2';
  await t.rejects(assertFilterColumns(filter, ledger), { message });
  await assertFilterColumns(filter, ledgerOf([], ['proto', 'src_vlan']));
  await assertFilterColumns(undefined, ledger);
  const report: Report = {
    ...{ name: 'x', summary: '', options: [], defaultLastMicros: 1, defaultLimit: 1 },
    plan: () => plan,
  };
  await t.rejects(planQuestion(report, { ...question, filter }, ledger), { message });
  t.equal(await planQuestion(report, question, ledger), plan);
});
