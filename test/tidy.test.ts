/** The house rules as a test. */

import { resolve } from 'node:path';
import t from 'tap';
import { buildProgram } from '../cli.ts';
import { decoderLimits } from '../collector/decode/limits.ts';
import { columnGroups } from '../collector/store/flow-columns.ts';
import { metricTable } from '../collector/web/metric-table.ts';
import { ownElements } from '../shared/elements/own-elements.ts';
import { formatErrors } from '../shared/wire/format-error.ts';
import { sectionOf, undocumented, unknownNames } from './support/documented-names.ts';
import { readTree } from './support/read-tree.ts';
import { tidyRules } from './support/tidy-rules.ts';

const tree = readTree(resolve(import.meta.dirname, '..'));
const read = (path: string): string => tree.get(path) ?? '';

for (const rule of tidyRules) {
  t.test(rule.name, async (t) => {
    for (const sample of rule.violations) {
      const found = await rule.check(new Map(Object.entries(sample)));
      t.ok(found.length > 0, `it finds what is wrong with ${Object.keys(sample).at(-1)}`);
    }
    t.same(await rule.check(new Map(Object.entries(rule.fine))), [], 'it lets pass what is right');
    const faults = await rule.check(tree);
    for (const fault of faults) t.fail(fault);
    t.equal(faults.length, 0, 'the project keeps it');
  });
}

t.test('the check of documents can fail', async (t) => {
  t.same(undocumented(['--ttl', '--max-disk'], 'see `--ttl DAYS`, --max-disk'), ['--max-disk']);
  t.same(unknownNames(/`(--[a-z-]+)/g, ['--ttl'], 'see `--ttl` and `--tll=3`'), ['--tll']);
  t.equal(sectionOf('# a\n## b\nx\n### c\ny\n## d\n', '## b').trim(), 'x\n### c\ny');
  t.equal(sectionOf('# a\n', '## b'), '');
});

const operating = read('docs/operating.md');
/** Where commands are told of, each in one of them; `common`: what all commands of the document have. */
const manuals = ['docs/operating.md', 'docs/exporting.md', 'docs/asking.md'].map((path) => ({
  text: read(path),
  common: sectionOf(read(path), '## Common options'),
}));
const { commands } = await buildProgram();
const optionsOf = (command: (typeof commands)[number]): readonly string[] => [
  ...command.options.map((o) => o.long ?? ''),
  ...command.commands.flatMap(optionsOf),
];

/** What several commands of one have in common stands in its own section. */
const checkCommand = (command: (typeof commands)[number], name: string, before: string): void => {
  const heading = `### flowledger ${name}`;
  const told = manuals.filter(({ text }) => sectionOf(text, heading) !== '');
  const section = sectionOf(told[0]?.text ?? '', heading);
  const common = told[0]?.common ?? '';
  t.test(`the documents tell all of flowledger ${name}`, async (t) => {
    t.equal(told.length, 1, 'there is a section, in one of them');
    const own = command.options.map((o) => o.long ?? '');
    t.same(undocumented(own, before + common + section), [], 'all options');
  });
  for (const child of command.commands) checkCommand(child, `${name} ${child.name()}`, before + section);
};
for (const command of commands) checkCommand(command, command.name(), '');

t.test('docs/operating.md tells of what the code has', async (t) => {
  const variables = [...tree].flatMap(([path, text]) =>
    path.startsWith('collector/')
      ? [...text.matchAll(/environment\.([A-Z_]+)/g)].map((match) => match[1] ?? '')
      : [],
  );
  t.same(undocumented(Object.keys(metricTable), operating), [], 'all metrics');
  t.same(undocumented(Object.keys(formatErrors), operating), [], 'all that a peer can do wrong');
  t.same(undocumented(Object.keys(decoderLimits), operating), [], 'all limits');
  t.same(undocumented(columnGroups, operating), [], 'all groups of columns');
  t.same(undocumented([...new Set(variables)], operating), [], 'all environment variables');
});

t.test('docs/exporting.md has the table of our own elements', async (t) => {
  const section = sectionOf(read('docs/exporting.md'), '## Elements of our own');
  const rows = section.split('\n').filter((line) => /^\| \d/.test(line));
  const expected = ownElements.map(
    ({ id, name, dataType, description }) => `| ${id} | \`${name}\` | ${dataType} | ${description} |`,
  );
  t.same(rows, expected);
});

t.test('the documents tell of nothing that the code has not', async (t) => {
  /** Options of npm and Docker. */
  const others = ['--omit', '--build-arg', '--time'];
  const options = [...commands.flatMap(optionsOf), '--help', '--version', ...others];
  const documents = ['operating', 'exporting', 'asking', 'architecture'].map((name) => `docs/${name}.md`);
  for (const path of ['README.md', ...documents]) {
    t.same(unknownNames(/`(--[a-z][a-z-]*)/g, options, read(path)), [], `options in ${path}`);
    t.same(
      unknownNames(/`(flowledger_[a-z_]+)/g, Object.keys(metricTable), read(path)),
      [],
      `metrics in ${path}`,
    );
  }
});
