import t from 'tap';
import { parseContactList } from '../../../collector/reports/contact-list.ts';
import { arrangeContacts } from '../../../collector/reports/contact-rows.ts';

t.test('which end is listed, and who is at the other', (t) => {
  const list = parseContactList('bad', '203.0.113.7,evil\n198.51.100.0/24,net\n');
  const counted = {
    proto: 6,
    asked_port: 443,
    first: 1,
    last: 2,
    flows: 3,
    attempts: 4,
    bytes_up: 5,
    bytes_down: 6,
  };
  const ends = (client: string, public_client: string, asked: string, server: string) => ({
    ...counted,
    client,
    public_client,
    asked,
    server,
  });
  const [outwards, inwards, outside, behind, ...more] = arrangeContacts(
    [
      ends('10.0.0.5', '192.0.2.1', '203.0.113.7', '203.0.113.7'),
      ends('198.51.100.9', '198.51.100.9', '192.0.2.1', '10.1.0.25'),
      ends('10.0.0.5', '203.0.113.7', '10.0.0.6', '10.0.0.6'),
      ends('10.0.0.5', '10.0.0.5', '10.0.0.6', '203.0.113.7'),
      ends('10.0.0.5', '10.0.0.5', '10.0.0.6', '10.0.0.6'),
    ],
    list,
  );
  t.match(outwards, {
    listed: '203.0.113.7',
    label: 'evil',
    entry: '',
    began: 'inside',
    inside: '10.0.0.5',
    public: '192.0.2.1',
    bytes_to: 5,
    bytes_from: 6,
    port: 443,
  });
  t.match(inwards, {
    listed: '198.51.100.9',
    label: 'net',
    entry: '198.51.100.0/24',
    began: 'listed',
    inside: '10.1.0.25',
    public: '192.0.2.1',
    bytes_to: 6,
    bytes_from: 5,
  });
  t.match(outside, { listed: '203.0.113.7', began: 'listed', inside: '10.0.0.6' });
  t.match(behind, { listed: '203.0.113.7', began: 'inside', inside: '10.0.0.5' });
  t.same(more, [], 'neither end');
  t.end();
});
