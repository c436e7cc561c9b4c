import t from 'tap';
import { newDomainTally } from '../../../collector/decode/domain-tally.ts';
import { type DecoderLimits, decoderLimits } from '../../../collector/decode/limits.ts';
import { ObservationDomain } from '../../../collector/decode/observation-domain.ts';
import { makeTemplate } from '../../../shared/protocol/template.ts';

const template = (id: number, ...lengths: readonly number[]) =>
  makeTemplate(
    10,
    id,
    lengths.map((lengthBytes, i) => ({ pen: 0, id: i + 1, lengthBytes })),
  );

const makeDomain = (more: Partial<DecoderLimits> = {}) => {
  const limits = { ...decoderLimits, ...more };
  const tally = newDomainTally();
  const domain = new ObservationDomain(new Uint8Array(16), 7, limits, tally);
  return {
    domain,
    tally,
    put: (port: number, t: ReturnType<typeof template>, now = 0) =>
      domain.putTemplate(domain.session(port, limits), t, now, limits),
    find: (port: number, id: number, now = 0) =>
      domain.findTemplate(domain.session(port, limits), id, now, limits),
  };
};

t.test('new, the same, another layout', async (t) => {
  const { put, find, domain } = makeDomain();
  t.equal(put(1, template(256, 4, 2)), 'new');
  const entry = find(1, 256);
  t.equal(put(1, template(256, 4, 2)), 'same');
  t.equal(find(1, 256), entry, 'what was compiled is kept');
  t.equal(put(1, template(256, 4, 3)), 'replaced');
  t.equal(find(1, 256)?.template.fields[1]?.lengthBytes, 3);
  t.equal(domain.templateFields, 2);
  t.equal(domain.templateCount(), 1);
});

t.test('a port without a Template uses the newest of another', async (t) => {
  const { put, find } = makeDomain();
  put(1, template(256, 4));
  put(2, template(256, 8));
  t.equal(find(3, 256)?.template.fields[0]?.lengthBytes, 8);
  t.equal(find(1, 256)?.template.fields[0]?.lengthBytes, 4, 'its own goes before');
  put(1, template(256, 4));
  t.equal(find(3, 256)?.template.fields[0]?.lengthBytes, 4, 'a refresh is the newest');
  t.equal(find(3, 257), undefined);
});

t.test('ports with the same layout share one entry', async (t) => {
  const { put, find, domain } = makeDomain();
  put(1, template(256, 4));
  put(2, template(256, 4));
  t.equal(find(1, 256), find(2, 256));
  t.equal(domain.templateFields, 1, 'and its memory is counted once');
});

t.test('an unused Template expires, used ones live', async (t) => {
  const { put, find, domain, tally } = makeDomain({ templateMicros: 100 });
  put(1, template(256, 4), 0);
  t.ok(find(1, 256, 100));
  t.ok(find(1, 256, 200), 'use prolongs');
  t.equal(find(1, 256, 301), undefined);
  t.equal(domain.counters.templatesExpired, 1);
  t.same([domain.templateFields, tally.templateFields, domain.newest.size], [0, 0, 0]);
  put(1, template(256, 4), 1000);
  put(2, template(256, 8), 1090);
  t.equal(find(1, 256, 1150)?.template.fields[0]?.lengthBytes, 8, 'that of another port may still be good');
});

t.test('an invalid redefinition removes it', async (t) => {
  const { put, find, domain } = makeDomain();
  put(1, template(256, 4));
  domain.removeTemplate(domain.session(1, decoderLimits), 256);
  t.equal(find(1, 256), undefined);
  t.equal(domain.templateFields, 0);
});

t.test('Templates of a session, and sessions, are bounded: the older half goes', async (t) => {
  const { put, find, domain, tally } = makeDomain({ templatesPerSession: 4, sessionsPerDomain: 4 });
  for (let i = 0; i < 5; i++) put(1, template(256 + i, 4), i);
  t.same(
    [256, 257, 258, 259, 260].map((id) => find(1, id, 5) !== undefined),
    [false, false, true, true, true],
  );
  for (const port of [2, 3, 4]) domain.session(port, decoderLimits).lastHeardMicros = port;
  const first = domain.session(1, decoderLimits);
  Object.assign(first.sequence, { missing: 7, restarts: 1 });
  put(5, template(300, 4), 9);
  t.same([...domain.sessions.keys()], [3, 4, 5]);
  t.equal(tally.sessions, 3);
  t.match(domain.sequenceSums(), { missing: 7, restarts: 1 }, 'what was missing stays in the books');
  t.ok(find(3, 260, 10), 'and their Templates are still the newest');
});

t.test('fields of all Templates are bounded, wherever they are kept', async (t) => {
  const { put, find, domain } = makeDomain({ templateFieldsPerDomain: 6, sessionsPerDomain: 2 });
  t.equal(put(1, template(256, 1, 1, 1)), 'new');
  t.equal(put(1, template(257, 1, 1, 1)), 'new');
  t.equal(put(1, template(258, 1)), 'full');
  for (const port of [2, 3, 4, 5, 6]) t.equal(put(port, template(300 + port, 1)), 'full', `port ${port}`);
  t.equal(domain.templateFields, 6, 'those of sessions that are gone count as long as they can be found');
  t.equal(put(7, template(256, 1, 1, 1, 1)), 'full');
  t.equal(find(7, 256), undefined, 'a redefinition that does not fit removes the old one');
  t.equal(put(7, template(256, 1, 1, 1)), 'new');
});

t.test('when it was heard', async (t) => {
  const { domain } = makeDomain();
  domain.heard(5);
  domain.heard(9);
  t.same([domain.firstHeardMicros, domain.lastHeardMicros], [5, 9]);
});

t.test('what was announced is counted, and told to have changed', async (t) => {
  const { domain, tally } = makeDomain({ announcedPerDomain: 1 });
  const element = { pen: 9, id: 1, dataType: 'string', name: 'a' } as const;
  domain.announce(element);
  domain.announce(element);
  t.same([tally.announcedElements, domain.elementChanges], [1, 1]);
  domain.announce({ ...element, name: 'b' });
  domain.announce({ ...element, id: 2 });
  t.same([tally.announcedElements, domain.elementChanges, domain.counters.elementsRefused], [1, 2, 1]);
  t.same(domain.findAnnounced(9, 1), { ...element, name: 'b' });
});
