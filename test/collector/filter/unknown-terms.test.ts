import t from 'tap';
import { closestWord } from '../../../collector/filter/closest-word.ts';
import { findPhrase } from '../../../collector/filter/phrase-book.ts';
import { unknownTerms } from '../../../collector/filter/unknown-terms.ts';

t.test('terms that are not there are explained, and none that is', async (t) => {
  for (const [word, reason] of unknownTerms) {
    t.equal(findPhrase([word]), undefined, word);
    t.ok(reason.length > 10 && !reason.endsWith('.'), reason);
  }
  t.equal(closestWord('geo', unknownTerms.keys()), 'geo');
});
