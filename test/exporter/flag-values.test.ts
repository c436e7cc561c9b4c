import { InvalidArgumentError } from 'commander';
import t from 'tap';
import { append, parseWhole, parseWords, u32 } from '../../exporter/flag-values.ts';

t.test('an option that may be repeated', async (t) => {
  const first = append('a', undefined);
  t.same(append('b', first), ['a', 'b']);
  t.same(first, ['a'], 'what was there before is not changed');
});

t.test('a whole number within bounds', async (t) => {
  const parse = parseWhole(512, 65535);
  t.equal(parse('512'), 512);
  t.equal(parse('65535'), 65535);
  for (const text of ['511', '65536', '', '-512', '5e3', '1000.5', 'many', ' 512']) {
    t.throws(() => parse(text), InvalidArgumentError, text);
    t.throws(() => parse(text), { message: 'a whole number from 512 to 65535.' });
  }
  t.equal(parseWhole(0, u32)('4294967295'), 4294967295);
  t.throws(() => parseWhole(0, u32)('4294967296'), InvalidArgumentError);
});

t.test('words out of those that there are', async (t) => {
  const parse = parseWords(['new', 'update', 'destroy']);
  t.same(parse('new'), ['new']);
  t.same(parse('destroy, new,'), ['destroy', 'new'], 'in the order in which they were said');
  t.throws(() => parse('born,new,gone'), { message: 'no born, gone; there are new, update, destroy.' });
  t.throws(() => parse(' , '), { message: 'one or more of new, update, destroy.' });
});
