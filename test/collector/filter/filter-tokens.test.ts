import t from 'tap';
import { readTokens } from '../../../collector/filter/filter-tokens.ts';
import { filterMistake } from '../../support/filter-value.ts';

const told = (text: string) => readTokens(text).map((token) => `${token.kind} ${token.text} ${token.at}`);

t.test('words and signs', async (t) => {
  t.same(told('bytes>1M&&!(a)'), [
    ...['word bytes 0', 'comparator > 5', 'word 1M 6', 'word and 8', 'word not 10', 'sign ( 11', 'word a 12'],
    ...['sign ) 13', 'end  14'],
  ]);
  t.same(told('in [2001:db8::/32,x.y-z_1]').slice(1, 6), [
    ...['sign [ 3', 'word 2001:db8::/32 4', 'sign , 17', 'word x.y-z_1 18', 'sign ] 25'],
  ]);
  t.same(told('a||b!=c!~d<>e'), [
    ...['word a 0', 'word or 1', 'word b 3', 'comparator != 4', 'word c 6', 'comparator !~ 7', 'word d 9'],
    ...['comparator <> 10', 'word e 12', 'end  13'],
  ]);
});

t.test('blanks, comments and quotes', async (t) => {
  t.same(told(' a # b " \n\t c#d'), ['word a 1', 'word c 12', 'end  15']);
  t.same(told(`'a "b" #c' "d'"`), [`quoted a "b" #c 0`, `quoted d' 11`, 'end  15']);
  t.same(told(''), ['end  0']);
  t.same(told('tcp   '), ['word tcp 0', 'end  3'], 'what is missing is shown behind the last word');
});

t.test('what is no token', async (t) => {
  const mistake = (text: string) => {
    const { at, expected } = filterMistake(() => readTokens(text));
    return `${at}: ${expected}`;
  };
  t.equal(mistake('a & b'), '2: && or ||');
  t.equal(mistake('a | b'), '2: && or ||');
  t.equal(mistake("x = 'y"), "4: another ' after it");
  t.match(mistake('a'.repeat(1_000_001)), /at most/);
  t.equal(readTokens('a '.repeat(500_000)).length, 500_001);
});
