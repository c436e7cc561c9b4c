import t from 'tap';
import { FilterCursor, orderComparisons, textComparisons } from '../../../collector/filter/filter-cursor.ts';
import { filterMistake } from '../../support/filter-value.ts';

t.test('words and comparisons', async (t) => {
  const cursor = new FilterCursor('PORT ge 80 bytes 5 ip not in [ a, b c,] x');
  t.ok(cursor.take('port'), 'in any case');
  t.notOk(cursor.take('port'));
  t.equal(cursor.takeComparison(orderComparisons, 'x'), '>=');
  t.equal(cursor.takeValue('x').text, '80');
  cursor.advance();
  t.equal(cursor.takeComparison(orderComparisons, 'x'), '=', 'none said');
  cursor.advance(2);
  t.equal(cursor.takeComparison(orderComparisons, 'x'), 'not in');
  const items: string[] = [];
  cursor.takeList('x', () => items.push(cursor.takeValue('x').text));
  t.same(items, ['a', 'b', 'c']);
  t.equal(cursor.peek().text, 'x');
  cursor.advance(5);
  t.same([cursor.peek().kind, cursor.peek(7).kind], ['end', 'end']);
});

t.test('quoted text is no keyword', async (t) => {
  const cursor = new FilterCursor('"in" "and"');
  t.equal(cursor.takeComparison(textComparisons, 'x'), '=');
  t.equal(cursor.takeValue('x').text, 'in');
  t.notOk(cursor.take('and'));
});

t.test('values get placeholders', async (t) => {
  const cursor = new FilterCursor('');
  t.equal(cursor.bind('UInt8', 6), '{f0:UInt8}');
  t.equal(cursor.bind('String', "' OR 1"), '{f1:String}');
  t.equal(cursor.bind('UInt8', 6), '{f0:UInt8}', 'once');
  t.equal(cursor.bind('UInt16', 6), '{f2:UInt16}', 'but not for another type');
  t.same(cursor.params, { f0: 6, f1: "' OR 1", f2: 6 });
});

t.test('mistakes', async (t) => {
  const compared = filterMistake(() => new FilterCursor('~ x').takeComparison(orderComparisons, 'a port'));
  t.same([compared.at, compared.expected], [0, 'a port, after one of = != < <= > >=']);
  const missing = filterMistake(() => new FilterCursor('  )').takeValue('a port'));
  t.same([missing.at, missing.expected], [2, 'a port']);
  const list = filterMistake(() => new FilterCursor(' x').takeList('a port', () => undefined));
  t.same([list.at, list.expected], [1, '[ and a list']);
});
