import { fileURLToPath } from 'node:url';
import t from 'tap';
import { airlockCommand } from '../../exporter/airlock-cli.ts';
import { runCli } from '../support/run-cli.ts';

const seed = fileURLToPath(new URL('../../fixtures/seeds/airlock-conntrace.txt', import.meta.url));

t.test('a message of the gateway becomes a record', async (t) => {
  t.equal(airlockCommand('1.2.3').name(), 'airlock');
  const { stdout, stderr, exitCode } = await runCli(['export', 'airlock', seed, '--print', 'json']);
  t.equal(exitCode, 0);
  t.match(JSON.parse(stdout), {
    timestamp: '2023-12-06T14:19:35.763000Z',
    event: 'trace',
    req_id: 'ZXCC9-Ko6WsU10yuyRWf7wAAAIA',
    front_src_ip: '172.18.60.2',
    front_src_port: 18982,
    back_src_port: 54444,
  });
  t.match(stderr, /exports requests\n/);
  t.match(stderr, /metered 1 request of 1 JSON value/);
});
