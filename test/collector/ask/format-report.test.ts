import t from 'tap';
import {
  formatCsv,
  formatFooting,
  formatJsonLines,
  formatReportTable,
  formatTabbed,
} from '../../../collector/ask/format-report.ts';
import type { ReportColumn } from '../../../collector/ask/report.ts';

const columns: readonly ReportColumn[] = [
  { name: 'time', title: 'time', kind: 'time' },
  { name: 'src', title: 'source', kind: 'address', port: 'src_port' },
  { name: 'src_port', title: 'port', kind: 'port' },
  { name: 'in_if', title: 'in', kind: 'number', label: 'in_name', optional: true },
  { name: 'in_name', title: 'in name', kind: 'text' },
  { name: 'bytes', title: 'bytes', kind: 'bytes' },
  { name: 'reverse', title: 'back', kind: 'bytes', optional: true },
  { name: 'note', title: 'note', kind: 'text', optional: true },
  { name: 'id', title: 'id', kind: 'number', isHidden: true },
];
const time = Date.parse('2026-11-21T14:03:22Z') * 1000;
const rows = [
  {
    time,
    src: '::ffff:10.0.0.5',
    src_port: 443,
    in_if: 3,
    in_name: 'Gi0/3',
    bytes: 1536,
    reverse: 0,
    note: 'a,"b"\t\u001b[1m',
    id: 7,
  },
  { time, src: '2001:db8::1', src_port: 53, in_if: 4, in_name: null, bytes: 2, reverse: 0, id: 8 },
  { time, src: '::1', src_port: 0, in_if: 0, bytes: 0 },
];
const style = { color: false, unicode: true, zone: 'UTC' };

t.test('a table', async (t) => {
  t.equal(
    formatReportTable(columns, rows, 100, style),
    `time                 source            in       bytes  note
-------------------  ----------------  -----  -------  ----------------
2026-11-21 14:03:22  10.0.0.5:443      Gi0/3  1.5 KiB  a,"b"\\t\\u001b[1m
2026-11-21 14:03:22  [2001:db8::1]:53  4          2 B  
2026-11-21 14:03:22  ::1               0          0 B  
`,
  );
  t.equal(
    formatReportTable(columns, rows, 60, style),
    `time      source            in       bytes  note
--------  ----------------  -----  -------  ----------------
14:03:22  10.0.0.5:443      Gi0/3  1.5 KiB  a,"b"\\t\\u001b[1m
14:03:22  [2001:db8::1]:53  4          2 B  
14:03:22  ::1               0          0 B  
times are of 2026-11-21
`,
    'without the day that all have',
  );
  const nextDay = { ...rows[0], time: time + 86_400e6 };
  t.match(formatReportTable(columns, [...rows, nextDay], 60, style), /^2026-11-22 14:03:22 /m, 'two days');
  t.equal(
    formatReportTable(columns, rows, 45, style),
    `time      source            in       bytes
--------  ----------------  -----  -------
14:03:22  10.0.0.5:443      Gi0/3  1.5 KiB
14:03:22  [2001:db8::1]:53  4          2 B
14:03:22  ::1               0          0 B
times are of 2026-11-21
not shown for want of room: note; see --json or --csv
`,
    'without what can be missed',
  );
  t.equal(
    formatReportTable(columns, rows.slice(0, 1), 20, style),
    `-- 1
time    2026-11-21 14:03:22
source  10.0.0.5:443
in      Gi0/3
bytes   1.5 KiB
note    a,"b"\\t\\u001b[1m
`,
    'a block a row',
  );
  t.ok(formatReportTable(columns, rows, 100, { ...style, color: true }).startsWith('\u001b[1mtime'));
});

t.test('a value that all rows have usually', (t) => {
  const kind: ReportColumn = { name: 'kind', title: 'record', kind: 'text', optional: true, usual: 'flow' };
  const shown = (...kinds: readonly string[]): string =>
    formatReportTable(
      [{ name: 'id', title: 'id', kind: 'number' }, kind],
      kinds.map((of) => ({ id: 7, kind: of })),
      80,
      style,
    );
  t.equal(shown('flow', 'flow'), 'id\n--\n 7\n 7\n');
  t.equal(shown('flow', 'event'), 'id  record\n--  ------\n 7  flow\n 7  event\n');
  t.end();
});

t.test('for programs', async (t) => {
  t.equal(
    [...formatJsonLines(columns, rows)][1],
    '{"time":"2026-11-21T14:03:22Z","src":"2001:db8::1","src_port":53,"in_if":4,"in_name":null,"bytes":2,"reverse":0,"note":null,"id":8}\n',
  );
  t.same(
    [...formatCsv(columns, rows.slice(0, 1), 'Europe/Zurich')],
    [
      'time,src,src_port,in_if,in_name,bytes,reverse,note,id\r\n',
      '2026-11-21T15:03:22+01:00,10.0.0.5,443,3,Gi0/3,1536,0,"a,""b""\t\u001b[1m",7\r\n',
    ],
  );
  t.same(
    [...formatTabbed(columns, rows.slice(0, 1), 'UTC')][1],
    '2026-11-21T14:03:22Z\t10.0.0.5\t443\t3\tGi0/3\t1536\t0\ta,"b"\\t\\u001b[1m\t7\n',
  );
});

t.test('what stands below', async (t) => {
  const answer = {
    plan: { query: { sql: '', params: {} }, columns, source: 'flows_1m' },
    ...{ rows: [], range: { from: time, to: time + 900e6, isRelative: false }, remarks: ['nothing found'] },
  };
  const asked = '2026-11-21 15:03:22 to 2026-11-21 15:18:22 Europe/Zurich (15 min), from flows_1m';
  t.equal(
    formatFooting({ ...answer, since: time - 3600e6 }, 'Europe/Zurich'),
    `${asked}; data since 2026-11-21 14:03:22\nnothing found\n`,
  );
  t.equal(formatFooting({ ...answer, since: undefined }, 'Europe/Zurich'), `${asked}\nnothing found\n`);
});
