/** `flowledger contacts --list FILE`: who had to do with known-bad addresses, and whether they answered. */

import { readFile, stat } from 'node:fs/promises';
import { ConfigError } from '../../shared/service/config-error.ts';
import { formatTotal } from '../../shared/service/format-quantity.ts';
import type { LedgerView } from '../ask/ledger-view.ts';
import { rangeParams } from '../ask/range-sql.ts';
import type { Follow, Plan, Question, Report } from '../ask/report.ts';
import { type ContactList, countEntries, parseContactList } from './contact-list.ts';
import { arrangeContacts, contactColumns, contactsSql } from './contact-rows.ts';
import { conversationRows, findConversationRules } from './conversation-sql.ts';
import { watchContacts } from './watch-contacts.ts';

const dayMicros = 86_400e6;

const listPath = ({ options }: Question): string => {
  if (typeof options.list === 'string') return options.list;
  throw new ConfigError(
    'contacts needs --list FILE: addresses and networks, one a line, a label behind a comma',
  );
};

const reasons: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'no such file'],
  ['EACCES', 'no permission'],
  ['EISDIR', 'it is a folder'],
]);

/** Throws ConfigError. */
const readList = async (path: string): Promise<ContactList> => {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    throw new ConfigError(`--list ${path}: cannot be read: ${reasons.get(code) ?? code}`);
  }
  return parseContactList(path, text);
};

const plan = async (question: Question, ledger: LedgerView): Promise<Plan> => {
  const { range, filter, limit, offset } = question;
  if (question.options.follow === true)
    throw new ConfigError('--sql and --follow: give one of them; a watch is many questions');
  const list = await readList(listPath(question));
  const where = `(${list.isListed('dst_addr')} OR ${list.isListed('src_addr')})`;
  const rules = await findConversationRules(ledger);
  const rows = conversationRows({ rules, filter, where });
  return {
    query: {
      sql: `${contactsSql(rows)}\nORDER BY last DESC, client, asked, asked_port\nLIMIT {limit:UInt64} OFFSET {offset:UInt64}${rules.settings}`,
      params: { ...rangeParams(range), ...filter?.params, ...list.params, limit, offset },
    },
    columns: contactColumns,
    source: 'flows',
    isLimited: true,
    arrange: (found) => arrangeContacts(found, list),
    conclude: (found) => {
      const answered = found.filter((row) => Number(row.flows) > 0).length;
      const asked = `The list has ${countEntries(list)}`;
      return [
        found.length === 0
          ? `${asked}; no flow with any of them.`
          : `${asked}; ${formatTotal(found.length, 'contact')}, ${answered} of them answered.`,
      ];
    },
  };
};

const follow = (question: Question, ledger: LedgerView, signal: AbortSignal): Follow | undefined => {
  if (question.options.follow !== true) return undefined;
  const path = listPath(question);
  const { from, to } = question.range;
  // A range is always there; one that was not said is the default one.
  if (to !== ledger.nowMicros || to - from !== dayMicros)
    throw new ConfigError('--follow begins now: it goes with none of --from, --to and --last');
  const news = watchContacts({
    ...{ question, ledger, signal },
    readList: () => readList(path),
    fingerprint: async () => {
      const { ino, mtimeMs, size } = await stat(path);
      return `${ino} ${mtimeMs} ${size}`;
    },
  });
  return { columns: contactColumns, source: 'flows', news };
};

export const contacts: Report = {
  name: 'contacts',
  summary: 'who had to do with known-bad addresses and networks, in both directions',
  options: [
    {
      flags: '--list <file>',
      description:
        'addresses and networks, one a line: 203.0.113.7,label or 198.51.100.0/24; # begins a comment',
    },
    {
      flags: '--follow',
      description:
        'go on, and print new ones as their flows are stored; the list is read again when it changes',
    },
  ],
  defaultLastMicros: dayMicros,
  defaultLimit: 100,
  isPaged: true,
  examples: ['--list bad.csv --last 7d', '--list bad.csv --follow --json'],
  plan,
  follow,
};
