/** Values of options, as the commands of the collector read them. Those of commander throw its error, which it shows with the usage. */

import { InvalidArgumentError } from 'commander';
import { parseTimeMicros } from '../shared/service/parse-time.ts';
import { runCommand } from '../shared/service/run-command.ts';
import { type ColumnGroup, columnGroups } from './store/flow-columns.ts';

export const defaultData = './flowledger-data';

export const append = (value: string, before: readonly string[] | undefined): readonly string[] => [
  ...(before ?? []),
  value,
];

export const parsePort = (text: string): number => {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65535)
    throw new InvalidArgumentError('a port is 1 to 65535.');
  return port;
};

export const parseDays = (text: string): number => {
  const days = Number(text.replace(/d$/, ''));
  if (!Number.isInteger(days) || days < 0)
    throw new InvalidArgumentError('days are a whole number; 0 means for ever.');
  return days;
};

export const parseColumns = (text: string): readonly ColumnGroup[] => {
  const names = text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  const wrong = names.filter((name) => !(columnGroups as readonly string[]).includes(name));
  if (wrong.length > 0)
    throw new InvalidArgumentError(`no group ${wrong.join(', ')}; there are ${columnGroups.join(', ')}.`);
  return names as ColumnGroup[];
};

export const parseTime = (text: string): number => {
  const micros = parseTimeMicros(text);
  if (micros === undefined)
    throw new InvalidArgumentError(
      'a time is 2026-11-21T14:03:22 (UTC, or with a zone), or seconds since 1970.',
    );
  return micros;
};

export const parseCount = (text: string): number => {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) throw new InvalidArgumentError('a whole number from 1 on.');
  return count;
};

/** Runs the action of a command, and ends the process with its status. */
export const run = (command: () => Promise<number>): Promise<void> => runCommand(process, command);
