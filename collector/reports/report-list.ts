/** The reports, in the order of the help: to add one, add its file and a line. */

import type { Report } from '../ask/report.ts';
import { connections } from './connections.ts';
import { contacts } from './contacts.ts';
import { flows } from './flows.ts';
import { natLookup } from './nat-lookup.ts';
import { peers } from './peers.ts';
import { process } from './process.ts';
import { scans } from './scans.ts';
import { seen } from './seen.ts';
import { series } from './series.ts';
import { servers } from './servers.ts';
import { top } from './top.ts';
import { trace } from './trace.ts';

export const reports: readonly Report[] = [
  ...[flows, top, series],
  ...[natLookup, seen, peers, servers, scans, contacts, connections, trace, process],
];
