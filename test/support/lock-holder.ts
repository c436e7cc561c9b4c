/** A process that opens the journal in the directory it is given, says so on its standard output, and keeps it until it is ended. */

import { openJournal } from '../../collector/journal/open-journal.ts';

const [directory = ''] = process.argv.slice(2);
try {
  await openJournal({ directory, nowMicros: () => 1_700_000_000_000_000 });
  process.stdout.write('opened\n');
} catch (error) {
  process.stdout.write(`${(error as Error).message}\n`);
}
setInterval(() => {}, 1000);
