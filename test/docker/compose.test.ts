/** The lab's compose file is held against the Compose specification and against the image. It is not run here. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import t from 'tap';
import { buildProgram } from '../../cli.ts';
import { dockerfileInstructions, lastStage, textsOf } from '../support/dockerfile-instructions.ts';
import { loadTool } from '../support/load-tool.ts';

const docker = resolve(import.meta.dirname, '../../docker');
const path = resolve(docker, 'compose.yaml');
const compose = readFileSync(path, 'utf8');

interface LintMessage {
  readonly rule: string;
  readonly severity: string;
  readonly line: number;
  readonly message: string;
}
interface Dclint {
  readonly DCLinter: new (config: {
    readonly rules: object;
    readonly quiet: boolean;
    readonly debug: boolean;
    readonly exclude: readonly string[];
  }) => {
    lintFiles(
      paths: readonly string[],
      recursive: boolean,
    ): readonly { readonly messages: readonly LintMessage[] }[];
  };
}

/** Matters of taste; and routers send from anywhere, so the flow ports are published on all addresses. */
const rules = {
  'no-unbound-port-interfaces': 0,
  'require-quotes-in-ports': 0,
  'service-keys-order': 0,
  'service-ports-alphabetical-order': 0,
};

t.test('the file keeps to the Compose specification', async (t) => {
  const { DCLinter } = await loadTool<Dclint>('dclint');
  const linter = new DCLinter({ rules, quiet: false, debug: false, exclude: [] });
  const faults = (file: string): string[] =>
    linter
      .lintFiles([file], false)
      .flatMap((r) => r.messages.map((m) => `${m.line} ${m.rule}: ${m.message}`));
  const wrong = resolve(t.testdir(), 'compose.yaml');
  writeFileSync(wrong, 'name: x\nservices:\n  a:\n    image: b:1\n    prots: []\n');
  t.match(faults(wrong), [/invalid-schema/], 'the checker finds a fault');
  t.same(faults(path), []);
});

t.test('the collector understands how it is called', async (t) => {
  const dockerfile = readFileSync(resolve(docker, 'Dockerfile'), 'utf8');
  const calls = [...`${compose}\n${dockerfile}`.matchAll(/^(?:CMD|\s+command:) (\["collect".*\])$/gm)];
  t.equal(calls.length, 2);
  for (const [, call = '[]'] of calls) {
    const [name, ...options] = JSON.parse(call) as string[];
    const command = (await buildProgram()).commands.find((c) => c.name() === name);
    const known = command?.options.map((option) => option.long);
    for (const option of options.filter((word) => word.startsWith('-')))
      t.ok(known?.includes(option), option);
  }
});

t.test('what it builds is there', async (t) => {
  const builds = [...compose.matchAll(/context: (\S+)\n\s+dockerfile: (\S+)/g)];
  t.equal(builds.length, 2);
  for (const [, context = '', dockerfile = ''] of builds) {
    t.ok(existsSync(resolve(docker, context, dockerfile)), dockerfile);
  }
});

t.test('it publishes the ports that the image exposes', async (t) => {
  const image = lastStage(dockerfileInstructions(readFileSync(resolve(docker, 'Dockerfile'), 'utf8')));
  for (const exposed of textsOf(image, 'EXPOSE').join(' ').split(' ')) {
    const [port, protocol] = exposed.split('/');
    const published = protocol === 'udp' ? `"${port}:${port}/udp"` : `"127.0.0.1:${port}:${port}"`;
    t.ok(compose.includes(`- ${published}`), exposed);
  }
});
