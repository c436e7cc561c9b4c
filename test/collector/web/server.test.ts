import { request } from 'node:http';
import t from 'tap';
import { type Health, startWebServer, type WebServer } from '../../../collector/web/server.ts';
import { ConfigError } from '../../../shared/service/config-error.ts';

const start = (health: () => Health = () => ({}), http = '127.0.0.1:0'): Promise<WebServer> =>
  startWebServer({
    http,
    health,
    metrics: { contentType: 'text/plain; version=0.0.4', text: async () => 'flowledger_templates 3\n' },
    describeBindProblem: async (error, { protocol, port }) =>
      `${(error as NodeJS.ErrnoException).code} ${protocol} ${port}`,
  });

t.test('what there is to see', async (t) => {
  const health: { problem?: string } = {};
  const server = await start(() => ({ ...health, details: { lagSeconds: 2 } }));
  t.match(server.url, /^http:\/\/127\.0\.0\.1:\d+$/);
  const get = (path: string, method = 'GET') => fetch(server.url + path, { method });

  const root = await get('/');
  t.equal(root.status, 200);
  t.match(await root.text(), /\/healthz.*\/metrics/s);

  const well = await get('/healthz?x=1');
  t.equal(well.status, 200);
  t.match(well.headers.get('content-type'), 'application/json');
  t.same(await well.json(), { status: 'ok', lagSeconds: 2 });
  health.problem = 'ClickHouse does not answer';
  const ill = await get('/healthz');
  t.equal(ill.status, 503);
  t.same(await ill.json(), { status: 'failing', reason: 'ClickHouse does not answer', lagSeconds: 2 });

  const metrics = await get('/metrics');
  t.equal(metrics.headers.get('content-type'), 'text/plain; version=0.0.4');
  t.equal(await metrics.text(), 'flowledger_templates 3\n');
  const head = await get('/metrics', 'HEAD');
  t.equal(head.status, 200);
  t.equal(await head.text(), '');

  for (const path of ['/metrics/', '/healthz/x', '/../etc/passwd', '/favicon.ico'])
    t.equal((await get(path)).status, 404, path);
  t.equal((await get('/healthz', 'POST')).status, 404);
  await server.close();
});

t.test('a handler that fails is answered with 500, and the server lives on', async (t) => {
  let broken = true;
  const server = await start(() => {
    if (broken) throw new Error('no snapshot');
    return {};
  });
  const failed = await fetch(`${server.url}/healthz`);
  t.equal(failed.status, 500);
  t.equal(await failed.text(), 'no snapshot\n');
  broken = false;
  t.equal((await fetch(`${server.url}/healthz`)).status, 200);
  await server.close();
});

t.test('an open connection does not keep it from closing', async (t) => {
  const server = await start();
  await new Promise<void>((resolve) => {
    const open = request(server.url, { method: 'POST' });
    open.on('error', () => {});
    open.on('socket', (socket) => socket.on('connect', () => resolve()));
    open.flushHeaders();
  });
  await server.close();
  await t.rejects(fetch(server.url));
});

t.test('a port that is taken, and what is no HOST:PORT', async (t) => {
  const server = await start();
  const { port } = new URL(server.url);
  await t.rejects(
    start(undefined, `127.0.0.1:${port}`),
    new ConfigError(`--http 127.0.0.1:${port}: EADDRINUSE tcp ${port}`),
  );
  await t.rejects(
    start(undefined, '8080'),
    new ConfigError('--http 8080: not of the form HOST:PORT, such as 127.0.0.1:8080'),
  );
  await server.close();
});
