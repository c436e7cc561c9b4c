import t from 'tap';
import { isSameInside, NatRivals } from '../../../collector/reports/nat-rivals.ts';
import { fragment, otherHost } from '../../support/nat-ask-fragments.ts';

const one = fragment('flow', 0);
const forAll = { remote_addr: '::', remote_port: 0 } as const;

t.test('who cannot have had a port at the same time', async (t) => {
  const excludes = (more: Parameters<typeof fragment>[3]): boolean => {
    const other = fragment('flow', 0, 0, more);
    const isRival = new NatRivals([other]).of(one).length === 1;
    t.equal(new NatRivals([one]).of(other).length === 1, isRival, 'either way');
    return isRival;
  };
  t.ok(excludes(otherHost));
  t.ok(excludes({ ...otherHost, proto: 0 }), 'a record without a protocol is of all');
  t.notOk(excludes({ ...otherHost, proto: 17 }));
  t.notOk(excludes({ ...otherHost, first_port: 53_501, last_port: 53_501 }));
  t.notOk(excludes({ ...otherHost, public_addr: '::ffff:1.2.3.5' }));
  t.notOk(excludes({ ...otherHost, remote_port: 444 }));
  t.notOk(excludes({ ...otherHost, remote_addr: '::ffff:19.1.16.8' }));
  t.ok(excludes({ ...otherHost, ...forAll }), 'a translation for all remote ends');
  t.notOk(excludes(forAll), 'of the same inside end: its sessions are within it');
  t.notOk(excludes({ ...otherHost, is_block: 1 }), 'a block is not ended by a session in it');
});

t.test('blocks exclude each other where they overlap', async (t) => {
  const block = { ...forAll, is_block: 1, proto: 0, inside_port: 0, first_port: 1024, last_port: 2047 };
  const find = (first: number, last: number): number =>
    new NatRivals([
      fragment('create', 0, 0, { ...block, ...otherHost, first_port: first, last_port: last }),
    ]).of(fragment('create', 0, 0, block)).length;
  t.equal(find(2047, 3000), 1);
  t.equal(find(0, 1024), 1);
  t.equal(find(2048, 3000), 0);
});

t.test('who is the same inside', async (t) => {
  t.ok(isSameInside(one, fragment('create', 9, 9, { remote_port: 1 })));
  t.notOk(isSameInside(one, fragment('flow', 0, 0, { zone: 1 })), 'another VRF');
  t.notOk(isSameInside(one, fragment('flow', 0, 0, { inside_port: 1 })));
});
