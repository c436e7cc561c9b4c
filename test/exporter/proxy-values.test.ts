import { readFileSync } from 'node:fs';
import t from 'tap';
import type { FlowRecord } from '../../exporter/meter/flow-record.ts';
import { ProxyValues } from '../../exporter/proxy-values.ts';

const seed = readFileSync(new URL('../../fixtures/seeds/airlock-conntrace.txt', import.meta.url), 'utf8');
const request = (id: string): string => JSON.stringify({ ...JSON.parse(seed)._source, req_id: id });

const wrongRequest = request('wrong').replace('"18982"', '"70000"');

const makeRig = (ready: () => Promise<void> | undefined = () => undefined) => {
  const ids: (string | undefined)[] = [];
  const complaints: string[] = [];
  const values = new ProxyValues({
    receive: (record: FlowRecord) => ids.push(record.trace?.requestId),
    complain: (line, problem) => complaints.push(`${line}: ${problem}`),
    ready,
  });
  values.begin({ position: 0, line: 0 });
  return { values, ids, complaints };
};

t.test('values of one line and of many; where they end, and in which line', async (t) => {
  const { values, ids, complaints } = makeRig();
  const text = `${seed.trimEnd()}\n${request('two')}\n`;
  for (const octet of Buffer.from(text)) await values.octets(Buffer.of(octet));
  t.same(ids, ['ZXCC9-Ko6WsU10yuyRWf7wAAAIA', 'two']);
  t.equal(values.position, text.length - 1);
  const lines = text.split('\n').length - 2;
  t.equal(values.line, lines);
  t.match(values, {
    records: 2,
    made: '2 requests',
    unit: 'JSON value',
    untimed: 0,
    fields: { requests: 2 },
  });
  t.same(complaints, []);

  const { position, line } = values;
  values.begin({ position, line });
  await values.octets(Buffer.from(`\n${wrongRequest}\n{"log_id": "other"}\n`));
  t.match(complaints, [new RegExp(`^${lines + 2}: front_src_port`)], 'lines go on where they were');
  t.same(values.counters, { units: 4, others: 1, notUnderstood: 1 });
});

t.test('what cannot be understood is told and counted', async (t) => {
  const { values, ids, complaints } = makeRig();
  await values.octets(Buffer.from(`words\n{"a" "b"}\n${wrongRequest}\n${request('one')}\n{"log_id`));
  await values.end('whole');
  t.same(ids, ['one']);
  t.match(complaints, [
    /^1: it is no JSON object/,
    /^2: it is no JSON$/,
    /^3: front_src_port/,
    /^5: the value has no end/,
  ]);
  t.match(values.counters, { notUnderstood: 4 });
});

t.test('of many in one value, those that take them get their turn', async (t) => {
  let turns = 0;
  const { values, ids } = makeRig(async () => {
    turns++;
  });
  const hits = Array.from({ length: 2500 }, (_, n) => ({ _source: JSON.parse(request(String(n))) }));
  await values.octets(Buffer.from(JSON.stringify({ hits: { hits } })));
  t.equal(ids.length, 2500);
  t.equal(turns, 2);
});

t.test('a value that is cut off is none', async (t) => {
  const { values, complaints } = makeRig();
  await values.octets(Buffer.from('{"log_id'));
  await values.end('cut');
  t.same(complaints, []);
  t.equal(values.position, 0);
});
