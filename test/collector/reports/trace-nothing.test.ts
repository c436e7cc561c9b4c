import t from 'tap';
import type { LedgerView } from '../../../collector/ask/ledger-view.ts';
import type { TraceChoice } from '../../../collector/reports/trace-choice.ts';
import { explainNoTrace } from '../../../collector/reports/trace-nothing.ts';
import { ownValuesOf } from '../../../collector/store/own-values.ts';

/** The answers come in the order of the questions: such traces at other times, any of this time, any at all. */
const explain = (...traces: readonly number[]): Promise<readonly string[]> => explainFor([], ...traces);

const explainFor = (
  equals: TraceChoice['equals'],
  ...traces: readonly number[]
): Promise<readonly string[]> => {
  const answers = traces.map((count) => ({ traces: count, nearest: 7, nearest_request: 'R7' }));
  const ledger = {
    nowMicros: 100,
    ask: async () => [answers.shift()],
    heard: async () => [],
    formatTime: (micros: number) => `<${micros}>`,
  } as unknown as LedgerView;
  const choice = {
    ...{ equals, flowsWhere: [], where: [], params: {}, at: undefined, words: 'client x' },
    range: { from: 0, to: 50, isRelative: false },
  };
  return explainNoTrace(choice, ownValuesOf('f', new Set()), {}, ledger);
};
const unheard = 'no exporter was heard in this time: that nothing was seen proves nothing';

t.test('why there is none', async (t) => {
  t.same(await explain(2), [
    'client x: no trace in this time; there are 2 at other times, the nearest at <7>, request R7: ask with --from and --to, or --at',
  ]);
  t.same(await explainFor([['request_id', 'x']], 1), [
    'client x: no trace in this time; there is 1 at other times, the nearest at <7>: ask with --from and --to, or --at',
  ]);
  t.same(await explain(0, 3), [
    'client x: none of the 3 traces of this time, nor any other in the ledger, is about it',
  ]);
  t.same(await explain(0, 0, 3), [
    'no trace of a proxy is of this time; the nearest of 3 is of <7>',
    unheard,
  ]);
  t.same(await explain(0, 0, 0), [
    'there is no trace of a proxy in the ledger: flowledger export airlock sends them',
    unheard,
  ]);
});
