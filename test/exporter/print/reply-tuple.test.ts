import t from 'tap';
import { replyTuple } from '../../../exporter/print/reply-tuple.ts';
import { endedConnection, makeRecord } from '../../support/printed-records.ts';

const textOf = (address: Uint8Array): string => [...address.subarray(12)].join('.');

t.test('without a translation the ends are swapped', async (t) => {
  const { src, dst, srcPort, dstPort } = replyTuple(endedConnection({ isTranslated: false }));
  t.equal(`${textOf(src)}:${srcPort} ${textOf(dst)}:${dstPort}`, '68.232.35.139:443 192.168.1.129:60846');
});

t.test('answers come from where the flow was translated to', async (t) => {
  const both = endedConnection({ postDstAddress: '10.0.0.2', postDstPort: 8443 });
  const { src, dst, srcPort, dstPort } = replyTuple(both);
  t.equal(`${textOf(src)}:${srcPort} ${textOf(dst)}:${dstPort}`, '10.0.0.2:8443 1.2.3.4:60946');
});

t.test('answers have another type of ICMP', async (t) => {
  const answer = (family: 4 | 6, icmpType: number): number =>
    replyTuple(makeRecord({ family, icmpType })).icmpType;
  t.same(
    [8, 13, 15, 17, 42].map((type) => answer(4, type)),
    [0, 14, 16, 18, 43],
  );
  t.same(
    [128, 139, 160].map((type) => answer(6, type)),
    [129, 140, 161],
  );
  t.same(
    [0, 3, 11, 128].map((type) => answer(4, type)),
    [0, 3, 11, 128],
  );
  t.same(
    [1, 8, 135].map((type) => answer(6, type)),
    [1, 8, 135],
  );
});
