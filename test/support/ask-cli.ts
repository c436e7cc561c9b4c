/** A question to a collector that runs, asked with the shipped command. */

import { runCli } from './run-cli.ts';
import type { RunningCollector } from './running-collector.ts';

export interface Answer<Row> {
  readonly rows: readonly Row[];
  /** What is said about the answer. */
  readonly said: string;
}

/** Throws with what was said when the command fails. */
export const askCli = async <Row = Record<string, unknown>>(
  collector: RunningCollector,
  ...args: readonly string[]
): Promise<Answer<Row>> => {
  const { exitCode, stdout, stderr } = await runCli([...args, '--data', collector.dataDir, '--json']);
  if (exitCode !== 0) throw new Error(`flowledger ${args.join(' ')}: ${stderr}`);
  const lines = stdout.split('\n').filter((line) => line !== '');
  return { rows: lines.map((line) => JSON.parse(line) as Row), said: stderr };
};
