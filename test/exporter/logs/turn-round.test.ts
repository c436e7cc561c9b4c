import t from 'tap';
import { answerType, turnRound } from '../../../exporter/logs/turn-round.ts';
import { makeConnection } from '../../../exporter/observe/connection.ts';

t.test('the ends change places, and the type becomes that of the answer', async (t) => {
  const { original, reply } = makeConnection();
  original.src.fill(1);
  original.dst.fill(2);
  Object.assign(original, { srcPort: 3, dstPort: 4, icmpType: 128, icmpCode: 5, icmpId: 6 });
  turnRound(original, reply);
  t.same([reply.src[0], reply.dst[15], reply.srcPort, reply.dstPort], [2, 1, 4, 3]);
  t.same([reply.icmpType, reply.icmpCode, reply.icmpId], [129, 5, 6]);
  t.equal(original.src[0], 1);
});

t.test('what is answered by what (RFC 792, RFC 950, RFC 4443, RFC 4620)', async (t) => {
  t.same([8, 13, 15, 17, 128, 139, 3].map(answerType), [0, 14, 16, 18, 129, 140, 3]);
});
