import t from 'tap';
import { describeDamage } from '../../../collector/journal-tools/damage-text.ts';

t.test('what was passed over, in words', async (t) => {
  t.equal(describeDamage({ damagedBytes: 0, damagedPlaces: 0, missingBytes: 0 }), '');
  t.equal(
    describeDamage({ damagedBytes: 1096, damagedPlaces: 2, missingBytes: 0 }),
    '; passed over: 1096 octets in 2 places',
  );
  t.equal(
    describeDamage({ damagedBytes: 8, damagedPlaces: 1, missingBytes: 64 }),
    '; passed over: 8 octets in 1 place; not in the journal: 64 octets between segments',
  );
});
