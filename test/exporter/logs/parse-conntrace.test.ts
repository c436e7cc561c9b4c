import { readFileSync } from 'node:fs';
import t from 'tap';
import { readTraces } from '../../../exporter/logs/parse-conntrace.ts';
import type { ProxyTrace } from '../../../exporter/logs/proxy-trace.ts';
import { formatAddress } from '../../../shared/wire/address.ts';

const read = (value: unknown) => {
  const traces: ProxyTrace[] = [];
  return { ...readTraces(value, (trace) => traces.push(trace)), traces };
};
const address = (octets: Uint8Array | undefined): string => (octets ? formatAddress(octets, 0) : 'none');
const end = ({ src, srcPort, dst, dstPort }: ProxyTrace['front']): string =>
  `${address(src)}:${srcPort} > ${address(dst)}:${dstPort}`;
const texts = ({ front, back, client, ...trace }: ProxyTrace) => ({
  ...{ front: end(front), back: end(back), client: address(client) },
  ...trace,
});

const hit = JSON.parse(readFileSync('fixtures/seeds/airlock-conntrace.txt', 'utf8'));
const seed = {
  front: '172.18.60.2:18982 > 172.18.60.225:80',
  back: '172.18.98.225:54444 > 172.18.98.50:80',
  client: '172.18.60.2',
  // 15:19:35.763 at +01:00
  atMicros: Date.UTC(2023, 11, 6, 14, 19, 35, 763) * 1000,
  requestId: 'ZXCC9-Ko6WsU10yuyRWf7wAAAIA',
  sessionId: '8fda8ccee7d2a555c910cf9d2d5afb5e',
  mapping: 'root',
  host: 'lesbos',
};
const fine = { others: 0, problems: 0, problem: undefined };

t.test('the message of the seed, in each of its forms', async (t) => {
  const { _source: source, fields } = hit;
  for (const [name, value] of Object.entries({
    hit,
    fields: { ...hit, _source: undefined },
    bare: source,
    bareFields: fields,
  })) {
    const { traces, ...counts } = read(value);
    t.same(traces.map(texts), [seed], name);
    t.same(counts, fine, name);
  }
});

t.test('search responses and lists', async (t) => {
  t.equal(read({ took: 5, hits: { total: { value: 2 }, hits: [hit, hit] } }).traces.length, 2);
  t.equal(read([hit, hit._source, { hits: { hits: [hit] } }]).traces.length, 3);
  t.same(read({ hits: { hits: [] } }), { ...fine, traces: [] });
});

t.test('other messages, lines of the bulk API', async (t) => {
  const others = [
    { index: { _index: 'x' } },
    { log_id: 'WR-SG-SUMMARY', front_src_ip: '::1' },
    {},
    { _source: {} },
  ];
  t.same(read(others), { ...fine, others: 4, traces: [] });
  const { log_id: _, ...unnamed } = hit._source;
  t.equal(read(unnamed).traces.length, 1);
});

t.test('a client behind another proxy, or none', async (t) => {
  t.equal(address(read({ ...hit._source, client_ip: '2001:db8::7' }).traces[0]?.client), '2001:db8::7');
  t.equal(read({ ...hit._source, client_ip: '' }).traces[0]?.client, undefined);
});

t.test('our own', async (t) => {
  const { log_id: _, '@timestamp': timestamp, ...own } = hit._source;
  t.same(read({ timestamp, event: 'trace', ...own }).traces.map(texts), [seed]);
});

t.test('a request that the proxy answered itself goes nowhere', async (t) => {
  const { back_src_ip: _1, back_dst_ip: _2, back_src_port: _3, back_dst_port: _4, ...front } = hit._source;
  t.same(read(front), { ...fine, others: 1, traces: [] });
});

t.test('what is wrong is no guess', async (t) => {
  const wrong = (change: object): unknown => {
    const { traces, others, problems, problem } = read({ ...hit._source, ...change });
    t.same([traces.length, others, problems], [0, 0, 1]);
    return problem;
  };
  t.equal(wrong({ front_src_port: '65536' }), 'front_src_port is missing or wrong');
  t.equal(wrong({ back_dst_port: '' }), 'back_dst_port is missing or wrong');
  t.equal(wrong({ back_src_ip: '172.18.98' }), 'back_src_ip is missing or wrong');
  t.equal(wrong({ front_dst_ip: ['::1', '::2'] }), 'front_dst_ip is missing or wrong');
  t.equal(wrong({ client_ip: 'x' }), 'client_ip is no address');
  t.equal(wrong({ '@timestamp': '2023-12-06' }), '@timestamp is missing or no time');
  t.equal(wrong({ '@timestamp': undefined }), '@timestamp is missing or no time');
  t.same(read([hit, 7, 'x', hit]).problems, 2);
  t.equal(read(null).problem, 'it is no JSON object');
});

t.test('values that are nested without end', async (t) => {
  let value: unknown = hit;
  for (let i = 0; i < 10_000; i++) value = [value];
  t.same([read(value).traces.length, read(value).problems], [0, 1]);
});

t.test('several searches at once, and hits whose source is empty or has only some fields', async (t) => {
  t.equal(read({ responses: [{ hits: { hits: [hit] } }, { hits: { hits: [hit, hit] } }] }).traces.length, 3);
  t.same(read({ ...hit, _source: {} }).traces.map(texts), [seed]);
  t.same(read({ ...hit, _source: { host: 'lesbos' } }), { ...read({ ...hit, _source: undefined }) });
});

t.test('an answer without hits because the search failed', async (t) => {
  const error = { root_cause: [], type: 'index_not_found_exception', reason: 'no such index [x]' };
  t.same(read({ error, status: 404 }), {
    others: 0,
    problems: 1,
    problem: 'Elasticsearch answers with an error: status 404 index_not_found_exception no such index [x]',
    traces: [],
  });
  t.match(read({ error: 'x'.repeat(1000), status: 500 }).problem, /status 500 x{200}$/);
  t.same(read({ error: 'in a message' }), { ...fine, others: 1, traces: [] });
  t.equal(read({ ...hit._source, error: 'x', status: 5 }).traces.length, 1, 'a trace is a trace');
});

t.test('a search that has found more than it returns', async (t) => {
  const search = (total: unknown, more = {}) => read({ hits: { total, hits: [hit, hit] }, ...more });
  for (const total of [2, { value: 2, relation: 'eq' }, undefined, 'two'])
    t.equal(search(total).problem, undefined);
  t.equal(
    search({ value: 2, relation: 'gte' }).problem,
    'the response has 2 hits of at least 2: ask for more, or page by page',
  );
  t.equal(search({ value: 5 }).problem, 'the response has 2 hits of 5: ask for more, or page by page');
  t.match(search(5), { problem: /2 hits of 5/, problems: 0, traces: { length: 2 } });
  t.equal(search(5, { _scroll_id: 'x' }).problem, undefined);
  t.equal(search(5, { pit_id: 'x' }).problem, undefined);
});
