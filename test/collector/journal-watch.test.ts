import t from 'tap';
import { type JournalReading, JournalWatch } from '../../collector/journal-watch.ts';
import { Log } from '../../shared/service/log.ts';

const quiet: JournalReading = {
  problem: undefined,
  damagedBytes: 0,
  damage: '',
  discarded: 0,
  maxBytes: 64 << 20,
  quarantined: 0,
};

const watch = () => {
  const lines: string[] = [];
  const log = new Log({ write: (line) => lines.push(line.slice(25).trimEnd()), nowMs: () => 0 });
  const watched = new JournalWatch(log);
  return { lines, look: (change: Partial<JournalReading> = {}) => watched.look({ ...quiet, ...change }) };
};

t.test('a problem is said when it begins, when it changes, and when it is over', async (t) => {
  const { lines, look } = watch();
  look();
  look({ problem: 'no space' });
  look({ problem: 'no space' });
  look({ problem: 'no disk' });
  look();
  look();
  t.same(lines, ['error no space', 'error no disk', 'info  the journal can be written again']);
});

t.test('damage, what was given up and what was refused', async (t) => {
  const { lines, look } = watch();
  look({ damagedBytes: 1024, damage: '/j/0.flj: 1024 octets' });
  look({ damagedBytes: 1024, damage: '/j/0.flj: 1024 octets', discarded: 7 });
  look({ damagedBytes: 1024, discarded: 7, quarantined: 2 });
  look({ damagedBytes: 1024, discarded: 7, quarantined: 2 });
  t.equal(lines.length, 3);
  t.match(lines[0], /^error the journal is damaged.* octets=1024 place="\/j\/0.flj: 1024 octets"/);
  t.match(lines[1], /^error the journal is full.* given_up="7 datagrams" limit="64 MiB"/);
  t.match(lines[2], /^error ClickHouse refuses rows for good.* rows=2/);
});
