/** CPU time of another process, from /proc/PID/stat (proc(5)). Linux only. */

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

let ticksPerSecond = 0;

/** User and system time of all threads, in seconds; the kernel counts in hundredths. */
export const processCpuSeconds = (pid: number): number => {
  ticksPerSecond ||= Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
  // The name of the program, in parentheses, may have spaces in it; utime and stime are 12 and 13 fields behind it.
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
};
