import t from 'tap';
import { escapeCell, formatRecord, formatTable, TextTable } from '../../../collector/ask/text-table.ts';

const lines = (text: string): string[] => text.split('\n');
const columns = [{ title: 'name' }, { title: 'bytes', align: 'right' }, { title: 'site' }] as const;

t.test('texts to the left, numbers to the right, no blanks at the end', async (t) => {
  const rows = [['a', '1', 'x'], ['longer', '12345678', ''], ['', '', 'y']]; // biome-ignore format: short
  t.same(lines(formatTable(columns, rows)), [
    'name       bytes  site',
    '------  --------  ----',
    'a              1  x',
    `longer  12345678  `,
    '                  y',
    '',
  ]);
});

t.test('units are in the title, once', async (t) => {
  t.same(lines(formatTable([{ title: 'lag', unit: 's', align: 'right' }], [['1']])), ['lag [s]', '-------', '      1', '']); // biome-ignore format: short
});

t.test('a table without rows, or with short ones', async (t) => {
  t.equal(formatTable([{ title: 'a' }, { title: 'b' }], []), 'a  b\n-  -\n');
  t.equal(formatTable([{ title: 'a' }, { title: 'b', align: 'right' }], [['x']]), 'a  b\n-  -\nx   \n'.replace('x   ', 'x  ')); // biome-ignore format: short
});

t.test('letters of other scripts take the places that they take', async (t) => {
  const rows = [['é', '1'], ['日本', '2'], ['ab', '3'], ['😀', '4']]; // biome-ignore format: short
  t.same(lines(formatTable([{ title: 'n' }, { title: 'v' }], rows)), [
    'n     v',
    '----  -',
    'é     1',
    '日本  2',
    'ab    3',
    '😀    4',
    '',
  ]);
});

t.test('what would move the cursor is written as an escape', async (t) => {
  t.equal(escapeCell('a\nb\tc'), 'a\\nb\\tc');
  t.equal(escapeCell('\u001b[2J\u0007\r\u0000\u007f\u009b\u2028'), '\\u001b[2J\\u0007\\u000d\\u0000\\u007f\\u009b\\u2028'); // biome-ignore format: short
  t.equal(escapeCell('é 日本'), 'é 日本');
  const text = formatTable([{ title: 'a\u001b[31m' }], [['x\ny']]);
  t.notMatch(text, '\u001b');
  t.equal(lines(text).length, 4);
});

t.test('titles in bold, with the widths of plain ones', async (t) => {
  const text = formatTable([{ title: 'a' }, { title: 'bc' }], [['1', '2']], { color: true });
  t.equal(lines(text)[0], '\u001b[1ma\u001b[0m  \u001b[1mbc\u001b[0m');
  t.equal(lines(text)[2], '1  2');
});

t.test('widths come from the sample; a wider cell pushes its own row only', async (t) => {
  const table = new TextTable([{ title: 'a' }, { title: 'b' }], [['123', 'x']]);
  t.equal(table.width, 3 + 2 + 1);
  t.equal(table.header(), 'a    b\n---  -\n');
  t.equal(table.row(['12345', 'y']), '12345  y\n');
  t.equal(table.row(['1', 'y']), '1    y\n');
});

t.test('a row as lines', async (t) => {
  const text = formatRecord([{ title: 'a' }, { title: 'long', unit: 's' }], ['1', '2']);
  t.equal(text, 'a         1\nlong [s]  2\n');
  t.equal(formatRecord([], []), '');
});
