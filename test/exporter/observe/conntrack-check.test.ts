import t from 'tap';
import {
  type ConntrackFacts,
  checkConntrack,
  gatherConntrackFacts,
  hasNetAdmin,
} from '../../../exporter/observe/conntrack-check.ts';
import { readConntrackSettings } from '../../../exporter/observe/conntrack-settings.ts';

const settings = {
  ...readConntrackSettings('/nonexistent'),
  isAvailable: true,
  accounting: true,
  timestamps: true,
  events: 2,
  connections: 5,
  maxConnections: 1000,
};
const fine: ConntrackFacts = {
  settings,
  ruleset: { usesConntrack: true, flowtablesWithoutCounter: [] },
  hasLegacyRules: false,
  bufferBytes: 67108864,
  maxBufferBytes: 212992,
  mayAdministerNetwork: true,
};

const messages = (change: Partial<ConntrackFacts>): readonly string[] =>
  checkConntrack({ ...fine, ...change }).map(({ level, message }) => `${level}: ${message}`);

t.test('nothing to say', (t) => {
  t.same(messages({}), []);
  t.same(messages({ ruleset: undefined, maxBufferBytes: undefined }), []);
  t.end();
});

t.test('each problem is one line that says what to do', (t) => {
  const cases: Readonly<Record<string, Partial<ConntrackFacts>>> = {
    'warn: .*--enable.*nf_conntrack_acct=1': { settings: { ...settings, accounting: false } },
    'warn: .*--enable.*nf_conntrack_timestamp=1': { settings: { ...settings, timestamps: false } },
    'error: .*--enable.*nf_conntrack_events=1': { settings: { ...settings, events: 0 } },
    'warn: .*950 of 1000.*nf_conntrack_max': { settings: { ...settings, connections: 950 } },
    'warn: no rule.*nft .*ct state new': {
      settings: { ...settings, connections: 0 },
      ruleset: { usesConntrack: false, flowtablesWithoutCounter: [] },
    },
    "warn: flowtable inet x fast .*'counter'": {
      ruleset: { usesConntrack: true, flowtablesWithoutCounter: ['inet x fast'] },
    },
    'warn: .*208 ?KiB.*64 ?MiB.*net.core.rmem_max=67108864': { mayAdministerNetwork: false },
    'error: .*modprobe nf_conntrack': { settings: { ...settings, isAvailable: false, accounting: false } },
  };
  for (const [pattern, change] of Object.entries(cases)) {
    const found = messages(change);
    t.equal(found.length, 1, pattern);
    t.match(found[0], new RegExp(`^${pattern}`));
    t.notMatch(found[0], /\n/);
  }
  t.end();
});

t.test('without rules there may still be others who track', (t) => {
  const without = { ruleset: { usesConntrack: false, flowtablesWithoutCounter: [] } };
  t.same(messages(without), [], 'there are connections');
  const empty = { settings: { ...settings, connections: 0 } };
  t.same(messages({ ...without, ...empty, hasLegacyRules: true }), []);
  t.same(messages({ ...empty, ruleset: undefined }), []);
  t.end();
});

t.test('CAP_NET_ADMIN is bit 12 of the effective capabilities', (t) => {
  t.ok(hasNetAdmin('Name:\tnode\nCapEff:\t0000000000001000\n'));
  t.notOk(hasNetAdmin('CapPrm:\t0000000000001000\nCapEff:\tffffffffffffefff\n'));
  t.notOk(hasNetAdmin(''));
  t.end();
});

t.test('what this machine says', { skip: process.platform !== 'linux' && 'not Linux' }, (t) => {
  const facts = gatherConntrackFacts(1234);
  t.equal(facts.bufferBytes, 1234);
  t.type(facts.settings.isAvailable, 'boolean');
  t.notOk(Number.isNaN(facts.maxBufferBytes ?? 0));
  t.end();
});
