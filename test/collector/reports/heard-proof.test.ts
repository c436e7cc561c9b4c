import t from 'tap';
import type { HeardExporter, LedgerView } from '../../../collector/ask/ledger-view.ts';
import { proveHeard } from '../../../collector/reports/heard-proof.ts';

const prove = (...heard: readonly Partial<HeardExporter>[]): Promise<readonly string[]> => {
  const sound = {
    exporter: '::ffff:192.0.2.1',
    domain: 0,
    minutesHeard: 60,
    minutes: 60,
    longestSilence: 0,
    silentFrom: 0,
    missing: 0,
    lost: 0,
  };
  const ledger = {
    heard: async () => heard.map((exporter) => ({ ...sound, ...exporter })),
    formatTime: (micros: number) => `<${micros}>`,
  };
  return proveHeard(0, 3600e6, ledger as unknown as LedgerView);
};

t.test('what nothing is worth', async (t) => {
  t.same(await prove({}, {}), [
    '2 exporters were heard in all 60 minutes, and nothing of it is known to be missing',
  ]);
  t.same(await prove({ minutesHeard: 58, longestSilence: 120e6 }), [
    '1 exporter was heard in at least 58 of 60 minutes, and nothing of it is known to be missing',
  ]);
  t.same(await prove(), ['no exporter was heard in this time: that nothing was seen proves nothing']);
  t.same(await prove({}, { domain: 7, minutesHeard: 40, longestSilence: 1200e6, silentFrom: 5 }), [
    '1 exporter was heard in all 60 minutes, and nothing of it is known to be missing',
    'exporter 192.0.2.1 domain 7: was heard in 40 of 60 minutes, silent for 20 min from <5>',
  ]);
  t.same(await prove({ minutesHeard: 0, longestSilence: 3600e6 }), [
    'exporter 192.0.2.1: was not heard at all',
  ]);
  t.same(await prove({ missing: 3, lost: 2 }), [
    'exporter 192.0.2.1: 3 records of it did not arrive; the collector lost 2 datagrams or rows of it',
  ]);
  const many = await prove(...Array.from({ length: 8 }, () => ({ missing: 1 })));
  t.same([many.length, many.at(-1)], [6, '3 more exporters were silent or lost something']);
});
