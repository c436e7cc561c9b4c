import t from 'tap';
import { ConfigError } from '../../../shared/service/config-error.ts';

t.test('it can be told from other errors', async (t) => {
  const error: unknown = new ConfigError('--listen x: no\n--allow y: no');
  t.ok(error instanceof ConfigError);
  t.ok(error instanceof Error);
  t.equal(String(error), 'ConfigError: --listen x: no\n--allow y: no');
});
