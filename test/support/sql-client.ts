/** Questions to a ClickHouse by HTTP alone: the answers prove what is stored, so nothing of the product stands between. */

export interface SqlTarget {
  readonly url: string;
  readonly database: string;
  readonly password: string;
}

const post = async (target: SqlTarget, query: string): Promise<Response> => {
  const settings = { database: target.database, output_format_json_quote_64bit_integers: '0' };
  const response = await fetch(`${target.url}/?${new URLSearchParams(settings)}`, {
    method: 'POST',
    body: query,
    headers: {
      'X-ClickHouse-User': 'flowledger',
      'X-ClickHouse-Key': target.password,
      connection: 'close',
    },
  });
  if (!response.ok) throw new Error(await response.text());
  return response;
};

/** Rows as objects; numbers of 64 bits are numbers, too. */
export const askRows = async <Row>(target: SqlTarget, query: string): Promise<Row[]> => {
  const text = await (await post(target, `${query} FORMAT JSONEachRow`)).text();
  return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Row]));
};

/** Rows in ClickHouse's RowBinary: for millions of them. */
export const askBinary = async (target: SqlTarget, query: string): Promise<DataView> =>
  new DataView(await (await post(target, `${query} FORMAT RowBinary`)).arrayBuffer());

export const runSql = async (target: SqlTarget, ...statements: readonly string[]): Promise<void> => {
  for (const statement of statements) await (await post(target, statement)).text();
};
