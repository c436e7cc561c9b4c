import { readFileSync } from 'node:fs';
import t from 'tap';
import { filterTermsMarkdown } from '../../../collector/filter/filter-markdown.ts';

const marker = /<!-- terms -->\n\n([\s\S]*)\n\n<!-- end of terms -->/;

t.test('the document has the tables', async (t) => {
  const document = readFileSync(new URL('../../../docs/filter.md', import.meta.url), 'utf8');
  t.equal(marker.exec(document)?.[1], filterTermsMarkdown());
});

t.test('rows', async (t) => {
  const lines = filterTermsMarkdown().split('\n');
  t.ok(
    lines.includes(
      '| `[src\\|dst] port PORT` | port of one side or of either | `dst port in [80 443 8000-8080]` | yes | `src_port` `dst_port` |',
    ),
  );
  t.ok(
    lines.some((line) => line.startsWith('| `bps NUMBER`') && line.includes('` |  | `')),
    'not of packets',
  );
  t.ok(lines.includes('| vrf | `vrf_out` |'));
});
