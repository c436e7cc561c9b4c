import t from 'tap';
import { closestWord } from '../../../collector/filter/closest-word.ts';

t.test('the word that may have been meant', async (t) => {
  const words = ['proto', 'port', 'ip', 'packets', 'duration'];
  t.equal(closestWord('prot', words), 'proto');
  t.equal(closestWord('PRTO', words), 'proto');
  t.equal(closestWord('durtaion', words), 'duration', 'letters that changed places');
  t.equal(closestWord('packet', words), 'packets');
  t.equal(closestWord('pi', words), 'ip');
  t.equal(closestWord('zebra', words), undefined);
  t.equal(closestWord('xy', words), undefined);
  t.equal(closestWord('', words), undefined);
  t.equal(closestWord('p'.repeat(1e6), words), undefined);
});
