import t from 'tap';
import { LineSplitter, maxLineBytes } from '../../../exporter/logs/line-splitter.ts';

/** What is told of a text that comes in pieces of so many octets. */
const split = (text: string, pieceBytes: number): unknown[] => {
  const told: unknown[] = [];
  const splitter = new LineSplitter({
    line: (line, number, end) => told.push([line, number, end]),
    tooLong: (number, end) => told.push(['too long', number, end]),
  });
  const octets = Buffer.from(text);
  const piece = Buffer.alloc(pieceBytes);
  for (let at = 0; at < octets.length; at += pieceBytes) {
    // The octets are overwritten by the next piece.
    const bytes = octets.copy(piece, 0, at, at + pieceBytes);
    splitter.push(piece.subarray(0, bytes));
  }
  splitter.end();
  return told;
};

t.test('LF, CRLF, empty lines, and a last line without end, in pieces of any size', async (t) => {
  for (const bytes of [1, 2, 3, 5, 1000])
    t.same(
      split('a\nbc\r\n\nÄ€\r\nlast', bytes),
      [
        ['a', 1, 2],
        ['bc', 2, 6],
        ['', 3, 7],
        ['Ä€', 4, 14],
        ['last', 5, 18],
      ],
      String(bytes),
    );
  t.same(split('', 1), []);
  t.same(split('\n', 1), [['', 1, 1]]);
});

t.test('a line that is too long is left out, and the next is read', async (t) => {
  const longest = 'x'.repeat(maxLineBytes);
  for (const bytes of [1000, 65_537, 1_000_000]) {
    t.same(split(`${longest}\r\ny\n`, bytes), [
      [longest, 1, maxLineBytes + 2],
      ['y', 2, maxLineBytes + 4],
    ]);
    t.same(split(`${longest}x\ny`, bytes), [
      ['too long', 1, maxLineBytes + 2],
      ['y', 2, maxLineBytes + 3],
    ]);
    t.same(split(longest.repeat(4), bytes), [['too long', 1, 4 * maxLineBytes]]);
  }
});

t.test('a byte order mark is no part of the first line', async (t) => {
  for (const bytes of [1, 2, 100])
    t.same(split('\ufeffa\n\ufeffb\n', bytes), [
      ['a', 1, 5],
      ['\ufeffb', 2, 10],
    ]);
  t.same(split('\ufeff', 1), [['', 1, 3]]);
});
