/** Terms of nfdump that say nothing about rows of ours, and why. */

export const unknownTerms: ReadonlyMap<string, string> = new Map([
  ['count', 'rows have no number; --limit takes the first ones'],
  ['engine-id', 'say domain, which NetFlow v5 makes of engine type and id'],
  ['engine-type', 'say domain, which NetFlow v5 makes of engine type and id'],
  ['geo', 'the ledger does not know where addresses are'],
  ['ident', 'say exporter or collector'],
  ['payload', 'the ledger keeps no payload'],
  ['pblock', 'port blocks are elements without columns: say extra portRangeStart and the like'],
  ['sysid', 'say exporter'],
  ['tun', 'the ledger keeps the first addresses of a record'],
  ['tunip', 'the ledger keeps the first addresses of a record'],
]);
