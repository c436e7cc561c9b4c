import t from 'tap';
import { outlineMessage } from '../../../collector/journal-tools/message-outline.ts';
import { hexBytes, joinBytes, viewOf } from '../../support/capture-builder.ts';

/** The datagram lies in other octets. */
const outline = (hex: string) => {
  const bytes = joinBytes(hexBytes('eeeeee'), hexBytes(hex), hexBytes('eeee'));
  return outlineMessage(viewOf(bytes), 3, bytes.length - 2);
};
const none = { records: undefined, templates: [], optionsTemplates: [], dataSets: [], problem: undefined };

t.test('IPFIX: Templates, a withdrawal, Options Templates and Data Sets', async (t) => {
  t.same(
    outline(`
      000a 0048 65606e00 00000005 00000007
      0002 0014  0100 0001 0008 0004  0101 0001 000c 0004  
      0002 0008  0102 0000
      0003 000e  0103 0001 0001 0095 0004
      0100 0008 c0000201
      0100 0006 ffff
    `),
    {
      ...none,
      version: 10,
      domain: 7,
      sequence: 5,
      templates: [256, 257, 258],
      optionsTemplates: [259],
      dataSets: [256, 256],
    },
  );
});

t.test('NetFlow v9', async (t) => {
  t.same(
    outline(`
      0009 0002 00000001 65606e00 00000008 00000009
      0000 000c  0100 0001 0008 0004
      0001 0012  0101 0004 0004 0001 0004 0022 0004
      0100 0008 c0000201
    `),
    {
      ...none,
      version: 9,
      domain: 9,
      sequence: 8,
      templates: [256],
      optionsTemplates: [257],
      dataSets: [256],
    },
  );
});

t.test('NetFlow v5: no Sets', async (t) => {
  const header = '0005 0002 00000001 65606e00 00000000 0000001e 0102 0000';
  t.same(outline(header), { ...none, version: 5, domain: 0x102, sequence: 30, records: 2 });
});

t.test('what is wrong with it', async (t) => {
  const header = '000a 0014 65606e00 00000005 00000007';
  const unread = { ...none, domain: undefined, sequence: undefined };
  t.same(outline(''), { ...unread, version: 0, problem: 'truncated-header' });
  t.same(outline('00'), { ...unread, version: 0, problem: 'truncated-header' });
  t.same(outline('000a 0014'), { ...unread, version: 10, problem: 'truncated-header' });
  t.same(outline('0009 0014'), { ...unread, version: 9, problem: 'truncated-header' });
  t.same(outline('0007 0001'), { ...unread, version: 7, problem: 'unknown-version' });
  t.match(outline(`${header} 0100 0003`), { domain: 7, dataSets: [], problem: 'set-length' });
  t.match(outline(`${header} 0100 0004 00`), { dataSets: [256], problem: 'message-length' });
  t.match(outline(`${header} 0004 0004`), { problem: 'reserved-set' });
  t.match(outline('000a 001c 65606e00 00000005 00000007 0002 000c 00ff 0001 0008 0004'), {
    templates: [],
    problem: 'template-id',
  });
});
