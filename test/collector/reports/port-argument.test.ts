import t from 'tap';
import { parsePort } from '../../../collector/reports/port-argument.ts';

t.same(
  ['443', 'https', 'PostgreSQL', '1', '65535'].map(parsePort),
  [443, 443, 5432, 1, 65535],
  'numbers and names',
);
t.same(
  ['0', '65536', '99999', '-1', '1.5', '', 'nonsense', '0x50', 'constructor'].map(parsePort),
  Array(9).fill(undefined),
  'what is none',
);
