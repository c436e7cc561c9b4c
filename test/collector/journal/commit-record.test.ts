import t from 'tap';
import {
  type CommitRecord,
  formatCommitRecord,
  parseCommitLine,
} from '../../../collector/journal/commit-record.ts';
import { SeededRandom } from '../../support/seeded-random.ts';

const journal = '00112233445566778899aabbccddeeff';

/** CRCs of another implementation of CRC-32. */
const lines: readonly (readonly [string, CommitRecord])[] = [
  [
    'eb427b4b {"type":"log","format":1,"journal":"00112233445566778899aabbccddeeff"}',
    { type: 'log', format: 1, journal },
  ],
  [
    'acc77760 {"type":"options","groups":["core","nat"],"keepExtra":true,"exporters":[{"address":"00000000000000000000ffffc0000201","name":"Büro","site":"","sampling":0}],"version":"0.1.0"}',
    {
      type: 'options',
      groups: ['core', 'nat'],
      keepExtra: true,
      exporters: [{ address: '00000000000000000000ffffc0000201', name: 'Büro', site: '', sampling: 0 }],
      version: '0.1.0',
    },
  ],
  [
    '87263b23 {"type":"options","groups":[],"keepExtra":false,"exporters":[],"version":"1","collector":"köln-1"}',
    { type: 'options', groups: [], keepExtra: false, exporters: [], version: '1', collector: 'köln-1' },
  ],
  [
    '389ffa4e {"type":"intent","batch":7,"start":4096,"end":1052672,"firstMicros":1700000000000001,"lastMicros":1700000000999999,"rows":131072,"token":"t-7"}',
    {
      type: 'intent',
      batch: 7,
      start: 4096,
      end: 1052672,
      firstMicros: 1700000000000001,
      lastMicros: 1700000000999999,
      rows: 131072,
      token: 't-7',
    },
  ],
  [
    '75097c7a {"type":"commit","batch":7,"stored":131070,"quarantined":2}',
    { type: 'commit', batch: 7, stored: 131070, quarantined: 2 },
  ],
  [
    '10e916f5 {"type":"skip","start":1052672,"end":2101248,"datagrams":900}',
    { type: 'skip', start: 1052672, end: 2101248, datagrams: 900 },
  ],
  [
    'f82cb294 {"type":"done","position":2101248,"nextBatch":8}',
    { type: 'done', position: 2101248, nextBatch: 8 },
  ],
];

t.test('each record is the line that the format says', (t) => {
  for (const [line, record] of lines) t.equal(formatCommitRecord(record), `${line}\n`);
  t.end();
});

t.test('each line is the record that it says', (t) => {
  for (const [line, record] of lines) t.same(parseCommitLine(Buffer.from(line)), record);
  t.end();
});

t.test('options of before their collector was named are options', (t) => {
  const line =
    '467fc649 {"type":"options","groups":["nat"],"keepExtra":true,"exporters":[],"version":"0.1.0"}';
  const record = {
    type: 'options',
    groups: ['nat'],
    keepExtra: true,
    exporters: [],
    version: '0.1.0',
  } as const;
  t.strictSame(parseCommitLine(Buffer.from(line)), record);
  t.equal(formatCommitRecord({ ...record, collector: undefined }), `${line}\n`);
  t.end();
});

t.test('fields that we do not know are neither read nor written', (t) => {
  const commit = { type: 'commit', batch: 7, stored: 1, quarantined: 0 } as const;
  t.same(
    parseCommitLine(
      Buffer.from(
        '6ec3bb00 {"type":"commit","batch":7,"x":{"y":1},"stored":1,"quarantined":0,"frames":true}',
      ),
    ),
    commit,
  );
  t.equal(formatCommitRecord({ ...commit, ...{ frames: true } }), formatCommitRecord(commit));
  t.end();
});

t.test('a record of another shape is none, though its CRC is right', (t) => {
  const wrong = [
    '25cbfc4f null',
    '0d4cbb29 []',
    'a3a6bf43 {}',
    '6abf4a82 7',
    '330b153b ""',
    '01292ad3 {"type":"log"',
    'cab59dd0 {"type":"toString"}',
    '1a461722 {"type":"__proto__"}',
    '17a2f206 {"type":"other","batch":1}',
    'b8ad2145 {"type":"log","format":0,"journal":"a"}',
    'eaf21c6e {"type":"log","format":"1","journal":"a"}',
    '0cdf7cac {"type":"log","format":1}',
    '36a5e397 {"type":"intent","batch":1,"start":8,"end":7,"firstMicros":1,"lastMicros":1,"rows":1,"token":"a"}',
    '73bd5bf4 {"type":"intent","batch":1,"start":8,"end":9,"firstMicros":2,"lastMicros":1,"rows":1,"token":"a"}',
    '0f8d16eb {"type":"intent","batch":-1,"start":8,"end":9,"firstMicros":1,"lastMicros":1,"rows":1,"token":"a"}',
    '94e92ce2 {"type":"intent","batch":1.5,"start":8,"end":9,"firstMicros":1,"lastMicros":1,"rows":1,"token":"a"}',
    'b0d1ac94 {"type":"intent","batch":1,"start":8,"end":1e300,"firstMicros":1,"lastMicros":1,"rows":1,"token":"a"}',
    '043f8a36 {"type":"intent","batch":1,"start":8,"end":9,"firstMicros":1,"lastMicros":1,"rows":1,"token":7}',
    'bc029fe4 {"type":"intent","batch":1,"start":8,"end":9,"firstMicros":1,"lastMicros":1,"token":"a"}',
    'd244d1fe {"type":"commit","batch":1,"stored":1}',
    '4b7819c1 {"type":"skip","start":2,"end":1,"datagrams":1}',
    '31afd8e4 {"type":"done","position":1}',
    '0aba3981 {"type":"done","position":"1","nextBatch":1}',
    'da0e86f9 {"type":"options","groups":"core","keepExtra":true,"exporters":[],"version":"1"}',
    'f83e143a {"type":"options","groups":[1],"keepExtra":true,"exporters":[],"version":"1"}',
    '53a9368c {"type":"options","groups":[],"keepExtra":1,"exporters":[],"version":"1"}',
    'f8dc1d2b {"type":"options","groups":[],"keepExtra":true,"exporters":[null],"version":"1"}',
    'f54dd9b6 {"type":"options","groups":[],"keepExtra":true,"exporters":[{"address":"192.0.2.1","name":"","site":"","sampling":0}],"version":"1"}',
    '47f5fc18 {"type":"options","groups":[],"keepExtra":true,"exporters":[{"address":"00000000000000000000ffffc0000201","name":"","sampling":0}],"version":"1"}',
    '69d26cfa {"type":"options","groups":[],"keepExtra":true,"exporters":[],"version":"1","collector":7}',
    'b0012615 {"type":"options","groups":[],"keepExtra":true,"exporters":[],"version":"1","collector":null}',
  ];
  for (const line of wrong) t.equal(parseCommitLine(Buffer.from(line)), undefined, line);
  t.end();
});

t.test('every flipped bit is seen', (t) => {
  for (const [line] of lines) {
    const octets = Buffer.from(line);
    for (let bit = 0; bit < octets.length * 8; bit++) {
      octets[bit >> 3] = (octets[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      if (parseCommitLine(octets) !== undefined) t.fail(`bit ${bit} of ${line}`);
      octets[bit >> 3] = (octets[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    }
    t.ok(parseCommitLine(octets), 'and the line is whole again');
  }
  t.end();
});

t.test('every cut is seen, and random octets are no record', (t) => {
  for (const [line] of lines) {
    const octets = Buffer.from(line);
    for (let length = 0; length < octets.length; length++)
      if (parseCommitLine(octets.subarray(0, length)) !== undefined) t.fail(`${length} octets of ${line}`);
  }
  const random = new SeededRandom(4);
  for (let i = 0; i < 2000; i++)
    if (parseCommitLine(random.bytes(random.below(40))) !== undefined) t.fail(`random octets ${i}`);
  t.equal(parseCommitLine(new Uint8Array(0)), undefined);
  t.end();
});
