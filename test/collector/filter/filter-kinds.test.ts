import t from 'tap';
import * as kinds from '../../../collector/filter/filter-kinds.ts';
import { readFilterValue } from '../../support/filter-value.ts';

t.test('names that exporters said', async (t) => {
  t.same(readFilterValue(kinds.interfaceKind, 'in [3 "Gi0/1 (up)"]'), {
    sql:
      '(s = {f1:UInt32} OR (c.exporter, c.domain, s) IN (SELECT exporter, domain, interface FROM interfaces FINAL' +
      ' WHERE lowerUTF8(name) = lowerUTF8({f0:String}) OR lowerUTF8(description) = lowerUTF8({f0:String})))',
    params: { f0: 'Gi0/1 (up)', f1: 3 },
    rest: '',
  });
  t.match(readFilterValue(kinds.vrfKind, 'red').sql, 'SELECT exporter, domain, vrf FROM vrfs FINAL');
  t.match(readFilterValue(kinds.appKind, 'http').sql, 'SELECT exporter, domain, app FROM applications FINAL');
  t.match(
    readFilterValue(kinds.exporterKind, 'core').sql,
    /^s IN \(SELECT exporter FROM exporters FINAL WHERE/,
  );
  t.throws(() => readFilterValue(kinds.interfaceKind, '""'), /a name/);
});

t.test('names that standards say', async (t) => {
  t.same(readFilterValue(kinds.protocolKind, 'TCP').params, { f0: 6 });
  t.same(readFilterValue(kinds.portKind, 'dns').params, { f0: 53 });
  t.same(readFilterValue(kinds.natEventKind, 'create').params, { f0: [1, 4, 6, 8, 10] });
  t.same(readFilterValue(kinds.natEventKind, 'block-allocate').params, { f0: 16 });
  t.throws(() => readFilterValue(kinds.natEventKind, '> create'), /one number after >/);
  t.same(readFilterValue(kinds.firewallEventKind, 'deny').params, { f0: 3 });
  t.same(readFilterValue(kinds.endReasonKind, 'idle').params, { f0: 1 });
  t.same(readFilterValue(kinds.directionKind, '0').params, { f0: 'ingress' });
});

t.test('numbers with units', async (t) => {
  t.same(readFilterValue(kinds.counterKind, '1.5M').params, { f0: 1_500_000 });
  t.same(readFilterValue(kinds.durationKind, '> 10min').params, { f0: 600_000 });
  t.throws(() => readFilterValue(kinds.durationKind, '5m'), /10min/, 'millions or minutes?');
  t.throws(() => readFilterValue(kinds.maskKind, '129'), /up to 128/);
  t.equal(readFilterValue(kinds.labelKind, '!= 3').sql, 'NOT arrayExists(label -> label = {f0:UInt32}, s)');
});
