/** One question to ClickHouse and its answer as it comes, with the error that may stand at its end taken out of it. */

import { PassThrough, type Readable } from 'node:stream';
import type { ClickHouseClient } from '@clickhouse/client';

/** What ClickHouse said, in one readable message. */
export class SqlError extends Error {}

export interface SqlAnswer {
  /** The format in which the answer is: the one asked for, unless the query names another. Undefined: there is no answer. */
  readonly format: string | undefined;
  /** Throws SqlError where ClickHouse fails on the way. */
  readonly chunks: AsyncIterable<Buffer>;
}

/** `Code: 62. DB::Exception: Syntax error: ... (SYNTAX_ERROR) (version 26.7.2.1)` without code and version. */
export const readableSqlError = (text: string): string =>
  text
    .trim()
    .replace(/^Code: \d+\. DB::Exception: /, '')
    .replace(/ ?\(version [^()]*(?:\([^)]*\))?\)$/, '')
    .replace(/Expected one of: ((?:[^,]+, ){8})[^.]*/s, 'Expected one of: $1...');

const headerText = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value[0] : value;

/** Octets of an answer that may wait here for a slow reader; what still waits in the socket when it breaks is lost. */
const maxWaitingBytes = 16 << 20;

/**
 * An answer that was begun with status 200 can still fail. Then `CR LF __exception__ CR LF TAG CR LF message LF length TAG CR LF
 * __exception__ CR LF` stands at its end, TAG being the text that was announced in the header, so that data cannot be taken for it;
 * and the connection is closed in the middle of the answer.
 */
async function* withoutException(body: Readable, tag: string | undefined): AsyncGenerator<Buffer> {
  const marker = Buffer.from(`\r\n__exception__\r\n${tag}\r\n`);
  const waiting = new PassThrough({ highWaterMark: maxWaitingBytes });
  let broken: Error | undefined;
  body.once('error', (error) => {
    broken = error;
    waiting.end();
  });
  try {
    let held: Buffer = Buffer.alloc(0);
    let at = -1;
    for await (const chunk of body.pipe(waiting) as AsyncIterable<Buffer>) {
      held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
      at = held.indexOf(marker);
      // What follows the marker is the message; what may be the beginning of a marker waits for its end.
      const ready = at >= 0 ? 0 : Math.max(0, held.length - marker.length);
      if (ready > 0) yield held.subarray(0, ready);
      held = held.subarray(ready);
    }
    const data = at < 0 ? held : held.subarray(0, at);
    if (data.length > 0) yield data;
    if (at >= 0) {
      const message = held.subarray(at + marker.length).toString('utf8');
      throw new SqlError(readableSqlError(message.replace(/\n\d+ \w+\r\n__exception__\r\n$/, '')));
    }
    if (broken !== undefined)
      throw new SqlError(`the answer broke off: ClickHouse ended or failed (${broken.message})`);
  } finally {
    body.destroy();
  }
}

const readAll = async (body: AsyncIterable<Buffer>): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
};

export interface SqlQuestion {
  readonly query: string;
  /** Of the answer, unless the query has a FORMAT of its own. */
  readonly format: string;
  readonly settings: Readonly<Record<string, string | number>>;
}

/** Throws SqlError for what ClickHouse refuses at once. */
export const askSql = async (client: ClickHouseClient, question: SqlQuestion): Promise<SqlAnswer> => {
  const { query, format, settings } = question;
  const result = await client.exec({
    query: query.trim().replace(/;+\s*$/, ''),
    clickhouse_settings: settings,
    http_headers: { 'X-ClickHouse-Format': format },
    // The client's own reading of an error loses the part that names the place in the query.
    ignore_error_response: true,
  });
  const headers = result.response_headers;
  const status = result.http_status_code ?? 200;
  if (status >= 400 || headers['x-clickhouse-exception-code'] !== undefined) {
    throw new SqlError(
      readableSqlError(await readAll(result.stream)) || `ClickHouse answers with status ${status}`,
    );
  }
  return {
    format: headerText(headers['x-clickhouse-format']),
    chunks: withoutException(result.stream, headerText(headers['x-clickhouse-exception-tag'])),
  };
};
