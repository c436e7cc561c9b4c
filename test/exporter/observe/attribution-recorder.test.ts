import t from 'tap';
import {
  type Attribution,
  type AttributionEffort,
  makeAttributionCounters,
} from '../../../exporter/observe/attribution.ts';
import { AttributionBook } from '../../../exporter/observe/attribution-book.ts';
import { AttributionRecorder } from '../../../exporter/observe/attribution-recorder.ts';
import { type ProcessFacts, processQualities } from '../../../exporter/observe/process-facts.ts';
import { netlinkFixtures } from '../../support/netlink-fixtures.ts';

const factsOf = (pid: number): ProcessFacts => ({
  quality: processQualities.exact,
  pid,
  uid: 0,
  gid: 0,
  name: `p${pid}`,
  user: '',
  command: '',
  cgroup: '',
  cgroupId: 0,
  containerId: '',
});

/** Says of each connection what is next in `answers`. */
const makeRig = (answers: (readonly [ProcessFacts | undefined, ProcessFacts | undefined])[]) => {
  const efforts: AttributionEffort[] = [];
  const attribution: Pick<Attribution, 'attribute' | 'counters'> = {
    counters: makeAttributionCounters(),
    attribute(connection, effort) {
      efforts.push(effort);
      [connection.srcProcess, connection.dstProcess] = answers.shift() ?? [undefined, undefined];
    },
  };
  let denied = 0;
  const recorder = new AttributionRecorder(attribution, () => denied);
  const lookUp = (octets: Uint8Array, isDump = false): number => {
    const bytes = new Uint8Array(octets);
    return recorder.lookUp(new DataView(bytes.buffer), bytes, 0, bytes.length, isDump, () => 'full', 0);
  };
  return { recorder, lookUp, efforts, deny: () => denied++ };
};

const messages = netlinkFixtures();
const kindOf = (wanted: 'new' | 'other'): Uint8Array => {
  const found = messages.find(({ bytes }) => {
    const message = Buffer.from(bytes);
    const isNew = message.readUInt16LE(4) === 0x100 && (message.readUInt16LE(6) & 0x600) === 0x600;
    return isNew === (wanted === 'new');
  });
  if (found === undefined) throw new Error(`no fixture is ${wanted}`);
  return found.bytes;
};

t.test('only connections that begin are looked up, unless it is a dump', (t) => {
  const { lookUp, recorder, efforts } = makeRig([
    [factsOf(1), undefined],
    [undefined, factsOf(2)],
    [undefined, undefined],
  ]);
  t.equal(lookUp(kindOf('other')), 0);
  t.same(efforts, []);
  t.equal(lookUp(kindOf('new')), 1);
  t.same([...recorder.numbers.subarray(0, 2)], [1, 0]);
  t.equal(lookUp(kindOf('other'), true), 1);
  t.same([...recorder.numbers.subarray(0, 2)], [0, 2]);
  t.equal(lookUp(kindOf('new')), 0, 'nothing was found');
  t.end();
});

t.test('several messages in a datagram', (t) => {
  const facts = factsOf(1);
  const { lookUp, recorder } = makeRig([
    [facts, undefined],
    [undefined, undefined],
    [facts, facts],
    [undefined, undefined],
  ]);
  const one = kindOf('new');
  t.equal(lookUp(Buffer.concat([one, kindOf('other'), one, one, one])), 4, 'the last one has none');
  t.same([...recorder.numbers.subarray(0, 8)], [1, 0, 0, 0, 0, 0, 1, 1]);
  t.end();
});

t.test('facts are told once, before they are used', (t) => {
  const [first, second] = [factsOf(1), factsOf(2)];
  const { lookUp, recorder, deny } = makeRig([
    [first, second],
    [second, first],
    [factsOf(3), undefined],
  ]);
  const book = new AttributionBook();
  lookUp(kindOf('new'));
  book.learn(recorder.takeReport());
  t.equal(book.find(1), first);
  t.equal(book.find(2), second);
  t.equal(book.find(0), undefined);
  lookUp(kindOf('new'));
  t.same([...recorder.numbers.subarray(0, 2)], [2, 1]);
  const { facts, isDenied } = recorder.takeReport();
  t.same(facts, []);
  t.notOk(isDenied);
  lookUp(kindOf('new'));
  deny();
  t.match(recorder.takeReport(), { facts: [[3, { pid: 3 }]], isDenied: true });
  t.end();
});
