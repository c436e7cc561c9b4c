import t from 'tap';
import { decoderLimits } from '../../../collector/decode/limits.ts';
import { ObservationDomain } from '../../../collector/decode/observation-domain.ts';
import { OptionsBudget } from '../../../collector/decode/options-budget.ts';

const newDomain = () => new ObservationDomain(new Uint8Array(16), 0, decoderLimits);
const hour = 3600e6;

t.test('so many an hour, of each domain', async (t) => {
  const budget = new OptionsBudget(2);
  const [domain, other] = [newDomain(), newDomain()];
  const takes = (...micros: readonly number[]) => micros.map((at) => budget.take(domain, at));
  t.same(takes(5 * hour, 5 * hour + 1, 6 * hour - 1), [true, true, false]);
  t.equal(budget.take(other, 5 * hour), true);
  t.same(takes(6 * hour, 5 * hour, 6 * hour), [true, true, false], 'the hour before does not come again');
  t.equal(domain.counters.optionsRefused, 2);
  t.equal(other.counters.optionsRefused, 0);
});

t.test('its state is the domain’s', async (t) => {
  const [before, after] = [newDomain(), newDomain()];
  new OptionsBudget(1).take(before, hour);
  after.restore(JSON.parse(JSON.stringify(before.save())));
  t.equal(new OptionsBudget(1).take(after, hour + 1), false);
});
