import { ClickHouseError } from '@clickhouse/client';
import t from 'tap';
import { describeAskError } from '../../../collector/ask/ask-error.ts';

t.test('errors of ClickHouse and of the way to it in a line, and not our own', async (t) => {
  const refused = new ClickHouseError({
    message: 'no such\n column.',
    code: '47',
    type: 'UNKNOWN_IDENTIFIER',
  });
  t.equal(describeAskError(refused), 'ClickHouse: no such column (UNKNOWN_IDENTIFIER)');
  const away = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  t.equal(describeAskError(away), 'ClickHouse cannot be reached: connect ECONNREFUSED');
  t.match(describeAskError(new Error('Timeout error.')), /cannot be reached/);
  t.equal(describeAskError(new TypeError('x is not a function')), undefined);
  t.equal(describeAskError('odd'), undefined);
});
