import t from 'tap';
import type { LedgerView } from '../../../collector/ask/ledger-view.ts';
import { explainNoProcess } from '../../../collector/reports/process-nothing.ts';
import { ownValuesOf } from '../../../collector/store/own-values.ts';

const explain = (...answers: readonly (readonly string[])[]): Promise<readonly string[]> => {
  const rows = answers.map((exporters) =>
    exporters.map((exporter) => ({ exporter, records: 2, first: 3, last: 9 })),
  );
  const ledger = {
    nowMicros: 100,
    ask: async () => rows.shift(),
    heard: async () => [],
    formatTime: (micros: number) => `<${micros}>`,
  } as unknown as LedgerView;
  return explainNoProcess(ownValuesOf('f', new Set()), {}, { from: 0, to: 50 }, ledger);
};
const unheard = 'no exporter was heard in this time: that nothing was seen proves nothing';

t.test('who tells of processes', async (t) => {
  t.same(await explain(['::ffff:10.0.0.1', '2001:db8::1']), [
    'nothing found; processes were told of in this time by 10.0.0.1 (2 records), 2001:db8::1 (2 records)',
  ]);
  t.match(await explain(['a', 'b', 'c', 'd', 'e', 'f', 'g']), [/ and 2 more$/]);
  t.same(await explain([], ['a']), [
    'no exporter told of a process in this time; records with processes are from <3> to <9>',
    unheard,
  ]);
  t.same(await explain([], []), [
    'no exporter has ever told of a process: flowledger export conntrack --process does',
    unheard,
  ]);
});
