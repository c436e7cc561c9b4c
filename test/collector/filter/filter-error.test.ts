import t from 'tap';
import { FilterError } from '../../../collector/filter/filter-error.ts';
import { ConfigError } from '../../../shared/service/config-error.ts';

t.test('the place is shown', async (t) => {
  const error = new FilterError({
    text: 'dst port htps',
    at: 9,
    expected: 'a port',
    hint: 'did you mean https?',
  });
  t.equal(error.message, 'filter: expected a port (did you mean https?)\n  dst port htps\n           ^');
  t.type(error, ConfigError);
  t.same([error.at, error.expected, error.hint], [9, 'a port', 'did you mean https?']);
});

t.test('in its line, and not more than fits', async (t) => {
  const show = (text: string, at: number) =>
    new FilterError({ text, at, expected: 'x' }).message.split('\n').slice(1);
  t.same(show('tcp\nprot 6\nudp', 4), ['  prot 6', '  ^']);
  t.same(show('tcp', 3), ['  tcp', '     ^']);
  t.same(show('', 0), ['  ', '  ^']);
  const [line = '', caret = ''] = show(`${'a'.repeat(100)}!${'b'.repeat(100)}`, 100);
  t.equal(line, `  ...${'a'.repeat(60)}!${'b'.repeat(39)}...`);
  t.equal(line[caret.length - 1], '!');
  t.same(show('a\u001b[31m\tx', 7), ['  a [31m x', '         ^'], 'nothing reaches the terminal');
});
