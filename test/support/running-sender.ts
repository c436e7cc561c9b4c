/** The sender of numbered flows as a process of its own: it goes on whatever dies around it. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Test } from 'tap';
import { makeNumberedExporters } from './numbered-flows.ts';
import { cleanEnvironment } from './run-cli.ts';

export interface SenderOptions {
  readonly port: number;
  readonly flowsPerSecond: number;
  /** Default: 10. */
  readonly flowsPerDatagram?: number;
}

export interface RunningSender {
  /** Ends it; tells how many flows each sender has sent, which are the numbers from 0 on. */
  readonly stop: () => Promise<ReadonlyMap<number, number>>;
}

const entry = fileURLToPath(new URL('./numbered-sender.ts', import.meta.url));

export const startSender = (t: Test, options: SenderOptions): RunningSender => {
  const numbers = [options.port, options.flowsPerSecond, options.flowsPerDatagram ?? 10].map(String);
  const child = spawn(process.execPath, [`--import=${import.meta.resolve('tsx')}`, entry, ...numbers], {
    env: cleanEnvironment(),
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  const closed = once(child, 'close');
  t.teardown(() => child.kill('SIGKILL'));
  return {
    stop: async () => {
      child.stdin.end();
      await closed;
      const sent = JSON.parse(output) as readonly number[];
      return new Map(makeNumberedExporters().map(({ sender }, i) => [sender, sent[i] ?? 0]));
    },
  };
};
