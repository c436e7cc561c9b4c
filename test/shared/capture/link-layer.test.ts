import t from 'tap';
import { findIp, isKnownLinkType, makeLinkTags, noIp } from '../../../shared/capture/link-layer.ts';
import { hexBytes, viewOf } from '../../support/capture-builder.ts';

const ip4 = '45000014000000004011 0000 c0000201 c0000264';
const ip6 = '60000000 0000 11 40';
const macs = '020000000001 020000000002';

/** Where IP begins, counted from the end of the header that is given: 0 is right; `nowhere`: not found. */
const nowhere = -1000;
const found = (linkType: number, header: string, ip = ip4): number => {
  const before = hexBytes('4545');
  const head = hexBytes(header);
  const bytes = new Uint8Array([...before, ...head, ...hexBytes(ip)]);
  const at = findIp(linkType, viewOf(bytes), before.length, bytes.length);
  return at === noIp ? nowhere : at - before.length - head.length;
};

t.test('headers before IP', async (t) => {
  const cases: readonly (readonly [number, string, string?])[] = [
    [1, `${macs} 0800`],
    [1, `${macs} 86dd`, ip6],
    [1, `${macs} 8100 0064 0800`],
    [1, `${macs} 88a8 0064 8100 0065 86dd`, ip6],
    [1, `${macs} 9100 0064 8100 0065 0800`],
    [1, `${macs} 0026 aaaa03 000000 0800`], // 802.3 with LLC and SNAP
    [1, `${macs} 8864 1100 0001 0016 0021`], // PPPoE
    [1, `${macs} 8864 1100 0001 0016 0057`, ip6],
    [1, `${macs} 8847 00010040 000201ff`], // MPLS, two labels
    [1, `${macs} 8100 0064 8847 000201ff`, ip6],
    [0, '02000000'],
    [0, '1e000000', ip6],
    [108, '00000002'],
    [9, 'ff03 0021'],
    [9, '0021'],
    [9, 'ff03 21'],
    [50, 'ff03 0057', ip6],
    [51, '1100 0001 0016 0021'],
    [12, ''],
    [14, ''],
    [101, ''],
    [101, '', ip6],
    [104, '0f00 0800'],
    [113, '0000 0001 0006 0200000000010000 0800'],
    [113, '0000 0001 0006 0200000000010000 8100 0064 86dd', ip6],
    [228, ''],
    [229, '', ip6],
    [276, '0800 0000 00000002 0001 00 06 0200000000010000'],
  ];
  for (const [linkType, header, ip] of cases) {
    t.equal(found(linkType, header, ip), 0, `${linkType}: ${header}`);
    t.ok(isKnownLinkType(linkType));
  }
});

t.test('frames without IP', async (t) => {
  const none = [
    [1, `${macs} 0806`],
    [1, `${macs} 88cc`],
    [1, `${macs} 0026 424203`],
    [1, `${macs} 8864 1100 0001 0016 c021`],
    [1, `${macs} ${'8100 0064 '.repeat(17)} 0800`],
    [9, 'ff03 c021'],
    [113, '0000 0001 0006 0200000000010000 0806'],
    [127, ''],
  ] as const;
  for (const [linkType, header] of none) t.equal(found(linkType, header), nowhere, `${linkType}: ${header}`);
  t.equal(found(1, `${macs} 0800`, '55'), nowhere, 'an EtherType that lies');
  t.equal(isKnownLinkType(127), false);
});

t.test('a frame that is cut anywhere', async (t) => {
  for (const [linkType, header] of [
    [1, `${macs} 88a8 0064 8100 0065 0800`],
    [1, `${macs} 8847 00010040 000201ff`],
    [1, `${macs} 8864 1100 0001 0016 0021`],
    [1, `${macs} 0026 aaaa03 000000 0800`],
    [113, '0000 0001 0006 0200000000010000 0800'],
    [276, '0800 0000 00000002 0001 00 06 0200000000010000'],
    [9, 'ff03 0021'],
    [108, '00000002'],
    [101, ''],
  ] as const) {
    const bytes = hexBytes(header);
    for (let length = 0; length <= bytes.length; length++) {
      t.equal(findIp(linkType, viewOf(bytes), 0, length), noIp, `${linkType}, ${length} octets`);
    }
  }
});

t.test('where MPLS labels are', async (t) => {
  const labelsAt = (header: string) => {
    const bytes = hexBytes(`${macs} ${header} ${ip4}`);
    const tags = makeLinkTags();
    findIp(1, viewOf(bytes), 0, bytes.length, tags);
    return tags.labelsAt;
  };
  t.equal(labelsAt('0800'), 0);
  t.equal(labelsAt('8847 00010040 000201ff'), 14);
  t.equal(labelsAt('8100 0064 8848 000201ff'), 18);
});

t.test('VLAN identifiers, without priority', async (t) => {
  const tagsOf = (header: string) => {
    const bytes = hexBytes(`${macs} ${header} ${ip4}`);
    const tags = makeLinkTags();
    findIp(1, viewOf(bytes), 0, bytes.length, tags);
    return [tags.vlan, tags.innerVlan];
  };
  t.same(tagsOf('0800'), [0, 0]);
  t.same(tagsOf('8100 e064 0800'), [100, 0]);
  t.same(tagsOf('88a8 0064 8100 0fff 0800'), [100, 4095]);
  t.same(tagsOf('88a8 0064 8100 0065 8100 0066 0800'), [100, 101], 'the third is not kept');
});
