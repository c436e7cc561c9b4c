/** `flowledger sql`: a question to the flows, from the command line or standard input. */

import type { Readable, Writable } from 'node:stream';
import { connect } from '../store/connection.ts';
import { describeAskError } from './ask-error.ts';
import { locateServer, type ServerChoice } from './locate-server.ts';
import { askSql, type SqlAnswer, SqlError } from './sql-answer.ts';
import { formatAnswer, tableFormat } from './table-answer.ts';
import { type Output, OutputClosed, writeOutput } from './write-output.ts';

export type { Output };

const writeChars = 65_536;

export interface SqlOptions extends ServerChoice {
  /** Undefined or `-`: read from `input`. */
  readonly query: string | undefined;
  /** Any format of ClickHouse; the default is a table on a terminal, and tab-separated lines with names elsewhere. */
  readonly format?: string | undefined;
  readonly input: Readable;
}

const readQuery = async (options: SqlOptions): Promise<string> => {
  if (options.query !== undefined && options.query !== '-') return options.query;
  const chunks: Buffer[] = [];
  for await (const chunk of options.input) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks).toString('utf8');
};

/** Prints what has no layout of ours: a format that was asked for, by option or in the query. */
const printRaw = async (answer: SqlAnswer, out: Output): Promise<void> => {
  for await (const chunk of answer.chunks) await writeOutput(out, chunk);
};

const printTable = async (answer: SqlAnswer, out: Output, color: boolean): Promise<void> => {
  const layout = out.isTTY ? 'table' : 'lines';
  const width = out.columns === undefined || out.columns === 0 ? undefined : out.columns;
  let text = '';
  for await (const piece of formatAnswer(answer.chunks, { layout, color, width })) {
    text += piece;
    if (text.length < writeChars) continue;
    await writeOutput(out, text);
    text = '';
  }
  await writeOutput(out, text);
};

const ask = async (options: SqlOptions, query: string, out: Output): Promise<void> => {
  const client = connect(locateServer(options));
  // 2: settings may be changed, data may not.
  const settings = {
    ...(options.write ? {} : { readonly: '2' }),
    cancel_http_readonly_queries_on_client_close: 1,
  };
  const shown = {
    output_format_json_quote_64bit_integers: 1,
    output_format_json_quote_decimals: 1,
    output_format_json_quote_denormals: 1,
  };
  try {
    if (options.format !== undefined)
      return await printRaw(await askSql(client, { query, format: options.format, settings }), out);
    const answer = await askSql(client, { query, format: tableFormat, settings: { ...settings, ...shown } });
    const color = out.isTTY === true && !options.environment.NO_COLOR;
    await (answer.format === tableFormat ? printTable(answer, out, color) : printRaw(answer, out));
  } finally {
    await client.close();
  }
};

/**
 * Asks and prints; returns the exit status: 0, or 1 when ClickHouse refuses or cannot be reached, which is said in one message.
 * Throws ConfigError when it is not known whom to ask.
 */
export const runSql = async (options: SqlOptions, out: Output, err: Writable): Promise<number> => {
  let broken: Error | undefined;
  const onError = (error: Error): void => {
    broken = error;
  };
  out.on('error', onError);
  try {
    const query = await readQuery(options);
    if (query.trim() === '') {
      err.write('no query: give one as an argument or on standard input\n');
      return 1;
    }
    await ask(options, query, out);
    return 0;
  } catch (error) {
    if (broken !== undefined || error instanceof OutputClosed) return 0;
    if (error instanceof SqlError) err.write(`${error.message}\n`);
    else {
      const problem = describeAskError(error);
      if (problem === undefined) throw error;
      err.write(`${problem}\n`);
    }
    return 1;
  } finally {
    out.off('error', onError);
  }
};
