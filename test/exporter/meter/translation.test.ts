import t from 'tap';
import { findNatEvent, isTranslated } from '../../../exporter/meter/translation.ts';
import { type ConnectionSpec, makeTestConnection } from '../../support/connections.ts';

const translated = (spec: ConnectionSpec): boolean => isTranslated(makeTestConnection(spec));

t.test('translation is where the reply is not the other way round', async (t) => {
  t.equal(translated({}), false);
  t.equal(translated({ replyTo: ['203.0.113.7', 40000] }), true, 'source');
  t.equal(translated({ replyFrom: ['10.1.0.9', 443] }), true, 'destination');
  t.equal(translated({ replyTo: ['10.0.0.2', 40001] }), true, 'a port of the source alone');
  t.equal(translated({ replyFrom: ['192.0.2.80', 444] }), true, 'a port of the destination alone');
  t.equal(translated({ from: ['fd00::2', 1], to: ['2001:db8::1', 2] }), false);
  t.equal(translated({ from: ['fd00::2', 1], to: ['2001:db8::1', 2], replyTo: ['fd00::3', 1] }), true);
});

t.test('bits of the status do not count: they are set for a null binding, too', async (t) => {
  t.equal(translated({ status: 0x1b0 }), false);
  t.equal(translated({ status: 0, replyTo: ['203.0.113.7', 40000] }), true);
});

t.test('of ICMP only addresses count', async (t) => {
  for (const protocol of [1, 58])
    t.equal(translated({ protocol, to: ['192.0.2.80', 0], from: ['10.0.0.2', 8] }), false);
  t.equal(translated({ protocol: 1, replyTo: ['10.0.0.2', 7] }), false);
  t.equal(translated({ protocol: 1, replyTo: ['203.0.113.7', 0] }), true);
});

t.test('natEvent: RFC 8158 table 2', async (t) => {
  t.equal(findNatEvent('session', 4, 'created'), 4);
  t.equal(findNatEvent('session', 4, 'deleted'), 5);
  t.equal(findNatEvent('session', 6, 'created'), 1);
  t.equal(findNatEvent('historic', 4, 'created'), 1);
  t.equal(findNatEvent('historic', 6, 'deleted'), 2);
});
