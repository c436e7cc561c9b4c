import t from 'tap';
import { processQualities } from '../../../exporter/observe/process-facts.ts';
import { processQualityWord } from '../../../exporter/print/process-quality-word.ts';

t.test('each quality has its word', async (t) => {
  const { uidOnly, cgroup, exact, cached } = processQualities;
  t.same([uidOnly, cgroup, exact, cached].map(processQualityWord), [
    'uid only',
    'cgroup only',
    'exact',
    'cached',
  ]);
});
