import { readFileSync } from 'node:fs';
import t from 'tap';
import { JsonValues, maxDepth, maxValueBytes } from '../../../exporter/logs/json-values.ts';

/** What is told of a text that comes in pieces of so many octets. */
const split = (text: string, pieceBytes: number): unknown[] => {
  const told: unknown[] = [];
  const values = new JsonValues({
    value: (value, number, end) => told.push([value, number, end]),
    problem: (problem, number) => told.push([problem, number]),
  });
  const octets = Buffer.from(text);
  const piece = Buffer.alloc(pieceBytes);
  for (let at = 0; at < octets.length; at += pieceBytes)
    values.push(piece.subarray(0, octets.copy(piece, 0, at, at + pieceBytes)));
  values.end();
  return told;
};

/** The same whatever the pieces are. */
const told = (text: string): unknown[] => {
  const whole = split(text, Math.max(1, Buffer.byteLength(text)));
  for (const bytes of [1, 2, 3, 7])
    t.same(split(text, bytes), whole, `pieces of ${bytes}: ${text.slice(0, 40)}`);
  return whole;
};

t.test('one a line, several a line, over several lines', async (t) => {
  t.same(told('{"a":1}\n{"b":"}"} [1,{"c":"\\"]"}]\r\n\n{\n  "d": {\n}\n}\n'), [
    ['{"a":1}', 1, 7],
    ['{"b":"}"}', 2, 17],
    ['[1,{"c":"\\"]"}]', 2, 33],
    ['{\n  "d": {\n}\n}', 4, 50],
  ]);
  t.same(told('{"é":"€"}'), [['{"é":"€"}', 1, 12]]);
  t.same(told(' \n'), []);
});

t.test('the message of the seed', async (t) => {
  const text = readFileSync('fixtures/seeds/airlock-conntrace.txt', 'utf8');
  const bytes = Buffer.byteLength(text);
  t.same(told(text + text), [
    [text.trim(), 1, bytes - 1],
    [text.trim(), 99, 2 * bytes - 1],
  ]);
});

t.test('what is no value is left out up to the end of its line', async (t) => {
  t.same(told('hello {"a":1}\n{"b":2} x {\n{"c":3}'), [
    ['it is no JSON object or array', 1],
    ['{"b":2}', 2, 21],
    ['it is no JSON object or array', 2],
    ['{"c":3}', 3, 33],
  ]);
});

t.test('a value that is cut off does not take the next with it', async (t) => {
  const next = ['{"b":2}', 2];
  for (const cut of ['{"a":"x', '{"a":1', '{"a":1,', '{"a"', '{', '{"a":{"c":true', '{"a":[1],"c":"\\'])
    t.match(told(`${cut}\n{"b":2}`), [['the value has no end', 1], next], cut);
  t.same(told('{"a":[1'), [['the value has no end', 1]]);
});

t.test('limits', async (t) => {
  const deep = '['.repeat(maxDepth) + ']'.repeat(maxDepth);
  t.same(told(deep), [[deep, 1, 2 * maxDepth]]);
  t.same(told(`[${deep}]\n{}`), [
    [`the value has more than ${maxDepth} levels`, 1],
    ['{}', 2, 2 * maxDepth + 5],
  ]);
  const large = `["${'x'.repeat(maxValueBytes)}"]\n{}`;
  t.same(split(large, 1 << 20), [
    [`the value has more than ${maxValueBytes} octets`, 1],
    ['{}', 2, maxValueBytes + 7],
  ]);
});

t.test('values that were cut out of a list', async (t) => {
  t.same(told('{"a":1},\n{"b":2} , {"c":[3]},'), [
    ['{"a":1}', 1, 7],
    ['{"b":2}', 2, 16],
    ['{"c":[3]}', 2, 28],
  ]);
  t.same(told(',{"a":1}\n{"b":2},,\n{"c":3}'), [
    ['it is no JSON object or array', 1],
    ['{"b":2}', 2, 16],
    ['it is no JSON object or array', 2],
    ['{"c":3}', 3, 26],
  ]);
});

t.test('a byte order mark', async (t) => {
  t.same(told('\ufeff{"a":1}\n{"b":2}'), [
    ['{"a":1}', 1, 10],
    ['{"b":2}', 2, 18],
  ]);
  t.same(told('\n\ufeff{"a":1}'), [['it is no JSON object or array', 2]], 'is only at the start');
});
