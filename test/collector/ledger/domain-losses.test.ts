import t from 'tap';
import type { ObservationDomain } from '../../../collector/decode/observation-domain.ts';
import { domainLossColumns, domainLosses, malformedOf } from '../../../collector/ledger/domain-losses.ts';
import { DecoderRig } from '../../support/decoder-rig.ts';
import { ipfix, set, templateRecord, u32 } from '../../support/message-hex.ts';

const template = set(2, templateRecord(256, [[1, 4]]));

t.test('each number under its name', async (t) => {
  const rig = new DecoderRig();
  rig.send(ipfix({ sequence: 0 }, template, set(256, u32(1))));
  rig.send(ipfix({ sequence: 5 }, set(256, u32(1), u32(2)), set(300, '00')));
  rig.send(ipfix({ sequence: 1 }, set(256, u32(1))));
  rig.send('000b');
  const [domain, unreadable] = [...rig.decoder.domains] as [ObservationDomain, ObservationDomain];
  const named = Object.fromEntries(domainLossColumns.map((name, i) => [name, domainLosses(domain)[i]]));
  t.match(named, { datagrams: 3, records: 4, malformed: 0, waiting: 1, expired: 0 });
  t.equal(named.missing, domain.sequenceSums().missing);
  t.equal(named.reordered, domain.sequenceSums().reordered);
  t.match(domainLosses(unreadable), [1, 0, 0, 0, 0, 0, 1, 0, 0]);
  t.equal(malformedOf(unreadable), 1);
});

t.test('what waited and was given up is expired', async (t) => {
  const rig = new DecoderRig({ limits: { waitingMicros: 1e6 } });
  rig.send(ipfix({ sequence: 0 }, set(300, '00')), { micros: 10e6 });
  rig.decoder.expire(12e6);
  const [domain] = rig.decoder.domains;
  t.same(domainLosses(domain as ObservationDomain).slice(-2), [1, 1]);
});
