/** There is no Docker engine here: the files are parsed, held against the project, and the health check is run. */

import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import t from 'tap';
import { dockerfileInstructions, lastStage, textsOf } from '../support/dockerfile-instructions.ts';
import { loadTool } from '../support/load-tool.ts';

const root = resolve(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(resolve(root, path), 'utf8');
const instructions = dockerfileInstructions(read('docker/Dockerfile'));
const image = lastStage(instructions);

interface DockerfileUtils {
  validate(
    text: string,
  ): readonly { readonly message: string; readonly range: { readonly start: { readonly line: number } } }[];
}

t.test('the Dockerfiles are valid', async (t) => {
  const { validate } = await loadTool<DockerfileUtils>('dockerfile-utils');
  const faults = (text: string): string[] =>
    validate(text).map((f) => `${f.range.start.line + 1}: ${f.message}`);
  t.not(faults('FROM x:1\nCOPPY a b\n').length, 0, 'the checker finds a fault');
  for (const path of ['docker/Dockerfile', 'docker/softflowd.Dockerfile'])
    t.same(faults(read(path)), [], path);
});

t.test('the image is built from what the project has', async (t) => {
  const manifest = JSON.parse(read('package.json')) as {
    bin: { flowledger: string };
    engines: { node: string };
  };
  const stages = textsOf(instructions, 'FROM').flatMap((text) => / AS (\w+)$/.exec(text)?.[1] ?? []);
  for (const text of textsOf(instructions, 'COPY')) {
    const from = /--from=(\w+)/.exec(text)?.[1];
    if (from !== undefined) t.ok(stages.includes(from), `stage ${from}`);
    else for (const path of text.split(' ').slice(0, -1)) t.ok(existsSync(resolve(root, path)), path);
  }
  const copied = textsOf(image, 'COPY').join('\n');
  for (const path of ['dist', 'node_modules', 'collector/store/schema'])
    t.match(copied, `/app/${path} ./${path}`);
  const major = /\d+/.exec(manifest.engines.node)?.[0];
  for (const text of textsOf(instructions, 'FROM')) t.match(text, new RegExp(`^node:${major}-bookworm-slim`));
  t.same(JSON.parse(textsOf(image, 'ENTRYPOINT')[0] ?? ''), ['node', `/app/${manifest.bin.flowledger}`]);
});

t.test('nothing that the build needs is ignored, and nothing private is sent', async (t) => {
  const ignored = read('.dockerignore')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  const needed = [
    'package.json',
    'package-lock.json',
    '.npmrc',
    'LICENSE',
    'tsconfig.json',
    'tsconfig.build.json',
  ];
  for (const path of [...needed, 'cli.ts', 'collector', 'shared']) t.notOk(ignored.includes(path), path);
  for (const path of ['.git', 'node_modules', 'flowledger-data']) t.ok(ignored.includes(path), path);
});

t.test('the collector does not run as root and keeps its data on a volume', async (t) => {
  t.same(textsOf(image, 'USER'), ['node']);
  t.same(textsOf(image, 'VOLUME'), ['/data']);
  const order = image.map((i) => i.keyword);
  t.ok(order.indexOf('RUN') < order.indexOf('USER'), 'the folder is made before root is given up');
});

t.test('the health check tells a healthy collector from an ill one', async (t) => {
  const [text = ''] = textsOf(image, 'HEALTHCHECK');
  const [program = '', ...args] = JSON.parse(text.slice(text.indexOf('CMD') + 3)) as string[];
  let status = 200;
  const paths: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    paths.push(request.url);
    response.writeHead(status).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const check = (): Promise<number | string | null | undefined> =>
    new Promise((done) => {
      execFile(
        program,
        args.map((arg) => arg.replace(':8080/', `:${port}/`)),
        (error) => done(error?.code ?? 0),
      );
    });
  t.equal(await check(), 0, '200 is healthy');
  status = 503;
  t.equal(await check(), 1, '503 is not');
  server.close();
  await once(server, 'close');
  t.equal(await check(), 1, 'nobody there is not');
  t.same(paths, ['/healthz', '/healthz']);
});
