/**
 * The process that is the embedded ClickHouse: `clickhouse local` out of chdb's library, with the arguments given to it. The call
 * blocks until the server ends, which is when standard input ends: the parent holds the other side of that pipe.
 */

import { createRequire } from 'node:module';

/** What is used of the optional packages; their own types would be missing from a build without them. */
interface ChdbLocation {
  readonly libchdbPath: () => string;
}

interface ForeignFunctions {
  readonly DataType: { readonly External: number; readonly I32: number; readonly StringArray: number };
  readonly open: (library: { library: string; path: string }) => void;
  readonly load: (call: {
    library: string;
    funcName: string;
    retType: number;
    paramsType: readonly number[];
    paramsValue: readonly unknown[];
  }) => unknown;
}

const require = createRequire(import.meta.url);
const { libchdbPath } = require('chdb/libchdb') as ChdbLocation;
const { DataType, open, load } = require('ffi-rs') as ForeignFunctions;

// A Ctrl-C, or a service manager that signals the whole group, must not end the server before its parent has flushed.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

const argv = ['clickhouse', ...process.argv.slice(2)];
open({ library: 'chdb', path: libchdbPath() });
load({
  library: 'chdb',
  funcName: 'query_stable_v2',
  retType: DataType.External,
  paramsType: [DataType.I32, DataType.StringArray],
  paramsValue: [argv.length, argv],
});
