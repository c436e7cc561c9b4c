import t from 'tap';
import { columnTerms } from '../../../collector/filter/column-terms.ts';
import { filterTerms } from '../../../collector/filter/filter-terms.ts';
import { findPhrase, maxPhraseLength, wordsAfter } from '../../../collector/filter/phrase-book.ts';

t.test('the longest phrase is found', async (t) => {
  const found = (...words: string[]) => findPhrase(words)?.phrase.words;
  t.equal(found('nat', 'src', 'ip', '192.0.2.1'), 'nat src ip');
  t.equal(found('nat', 'and', 'tcp'), 'nat');
  t.equal(found('src', 'or', 'dst', 'nat', 'port'), 'src or dst nat port');
  t.equal(found('src'), undefined);
  t.equal(found(), undefined);
  t.equal(found('toString'), undefined);
  t.equal(findPhrase(['direction'])?.term.value?.syntax, 'DIRECTION', 'the table comes before columns');
  t.equal(findPhrase(['ttl_min'])?.length, 1);
  t.equal(maxPhraseLength, 5);
});

t.test('what may follow', async (t) => {
  t.same([...wordsAfter(['nat', 'src'])], ['ip', 'net', 'port']);
  t.ok(wordsAfter([]).has('proto'));
  t.equal(wordsAfter(['proto']).size, 0);
  t.equal(wordsAfter(['nothing']).size, 0);
});

t.test('where a value follows, no phrase goes on', async (t) => {
  const words = [...columnTerms, ...filterTerms]
    .filter(({ value }) => value)
    .flatMap(({ phrases }) => phrases.map((phrase) => phrase.words));
  t.same(
    words.filter((one) => wordsAfter(one.split(' ')).size > 0),
    [],
    'so that a value is never taken for a keyword',
  );
});
