import t from 'tap';
import { ownElements } from '../../../shared/elements/own-elements.ts';

t.test('each element has a number and a name of its own', async (t) => {
  t.equal(new Set(ownElements.map(({ id }) => id)).size, ownElements.length);
  t.equal(new Set(ownElements.map(({ name }) => name)).size, ownElements.length);
});

t.test('numbers of enterprises have 15 bits (RFC 7011 3.2)', async (t) => {
  for (const { id, name } of ownElements) t.ok(Number.isInteger(id) && id > 0 && id < 2 ** 15, name);
});

t.test('names are letters and digits, as RFC 7012 2.3 has them', async (t) => {
  for (const { name } of ownElements) t.match(name, /^[a-z][A-Za-z0-9]+$/);
});

t.test('descriptions fit into an announcement with room to spare', async (t) => {
  for (const { name, description } of ownElements) {
    t.match(description, /^[ -~]+$/, name);
    t.ok(description.length < 200, name);
  }
});

t.test('numbers that exporters have sent mean what they meant', async (t) => {
  const sent = new Map<string, number>(ownElements.map(({ name, id }) => [name, id]));
  const ids = [
    ...(['exporterVersion', 'eventOverrunTotalCount', 'resynchronisationTotalCount'] as const),
    ...(['sourceProcessCgroup', 'destinationProcessCgroup', 'proxyRequestId', 'proxyHost'] as const),
  ].map((name) => sent.get(name));
  t.same(ids, [1, 2, 3, 11, 21, 30, 35]);
});
