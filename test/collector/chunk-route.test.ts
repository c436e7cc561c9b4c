import t from 'tap';
import { ChunkRoute } from '../../collector/chunk-route.ts';
import { chunkOf } from '../support/chunk-bytes.ts';

/** A chunk with one datagram of eight octets: 80 octets, at this position. */
const chunkAt = (position: number): ArrayBuffer => {
  const octets = chunkOf([{ payload: new Uint8Array(8), micros: 1 }], position);
  return octets.buffer as ArrayBuffer;
};

const chunkLength = 80;

const route = (hasJournal: boolean) => {
  const said: string[] = [];
  const name = (chunk: ArrayBuffer): number => Number(new DataView(chunk).getBigUint64(8, true));
  let done: ChunkRoute['done'] = () => undefined;
  const made = new ChunkRoute({
    makeWriter: hasJournal
      ? (onDone) => {
          done = onDone;
          return {
            append: (chunk, usedBytes) => said.push(`append ${name(chunk)} ${usedBytes}`),
            close: async () => {
              said.push('close');
            },
          };
        }
      : undefined,
    recycle: (chunk) => said.push(`recycle ${name(chunk)}`),
  });
  const ledger = {
    chunksSent: 0,
    send: (chunk: ArrayBuffer, usedBytes: number) => said.push(`send ${name(chunk)} ${usedBytes}`),
    written: (end: number) => said.push(`written ${end}`),
  };
  return {
    route: made,
    ledger,
    take: (position: number) => made.take(chunkAt(position), chunkLength),
    written: (position: number, journaled = true) => done(chunkAt(position), chunkLength, journaled),
    /** What was said since the last call. */
    said: () => said.splice(0),
  };
};

t.test('journal first, then the ledger', async (t) => {
  const { route: way, ledger, take, written, said } = route(true);
  way.attach(ledger);
  t.same(said(), [], 'nothing is written yet');
  take(0);
  t.same(said(), ['append 0 80']);
  written(0);
  t.same(said(), ['send 0 80']);
  await way.close();
  t.same(said(), ['close']);
});

t.test('before the ledger is there, what is journaled is left on disk', async (t) => {
  const { route: way, ledger, written, said } = route(true);
  written(160);
  t.same(said(), ['recycle 160'], 'reception gets the chunk back');
  written(240, false);
  t.same(said(), [], 'kept: the disk has it not');
  written(320);
  said();
  way.attach(ledger);
  t.same(
    said(),
    ['send 240 80', 'written 400'],
    'what is not on disk is sent, and then told how far it goes',
  );
});

t.test('a ledger that has many chunks is only told, unless the disk has it not', async (t) => {
  const { route: way, ledger, written, said } = route(true);
  way.attach(ledger);
  ledger.chunksSent = 23;
  written(0);
  t.same(said(), ['send 0 80']);
  ledger.chunksSent = 24;
  written(80);
  t.same(said(), ['recycle 80', 'written 160']);
  written(160, false);
  t.same(said(), ['send 160 80']);
});

t.test('--journal off: all goes from memory to the ledger', async (t) => {
  const { route: way, ledger, take, said } = route(false);
  take(0);
  take(80);
  t.same(said(), [], 'they wait for it');
  ledger.chunksSent = 60;
  way.attach(ledger);
  t.same(said(), ['send 0 80', 'send 80 80', 'written 160']);
  take(160);
  t.same(said(), ['send 160 80']);
  await way.close();
});
