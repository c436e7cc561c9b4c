/** An HTTP server in the place of ClickHouse, for what a real one does not say at will. */

import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ClickHouseClient } from '@clickhouse/client';
import type { Test } from 'tap';
import { connect } from '../../collector/store/connection.ts';

export interface FakeRequest {
  readonly parameters: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface FakeResponse {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** `hang up`: the connection ends without an answer; `break off`: after the body, in the middle of the answer. */
export type FakeAnswer = FakeResponse | 'hang up' | (FakeResponse & { readonly breakOff: true });

export interface FakeClickHouse {
  readonly url: string;
  readonly client: ClickHouseClient;
  /** As they came. */
  readonly requests: readonly FakeRequest[];
}

/** What ClickHouse answers where it refuses. */
export const refusal = (code: number, name: string, text = 'no'): FakeResponse => ({
  status: 500,
  headers: { 'X-ClickHouse-Exception-Code': String(code) },
  body: `Code: ${code}. DB::Exception: ${text}. (${name}) (version 26.7.2.1)\n`,
});

/** Listens on a free port until the test `t` has ended. */
export const startFakeClickHouse = async (
  t: Test,
  answer: (request: FakeRequest, number: number) => FakeAnswer | Promise<FakeAnswer>,
): Promise<FakeClickHouse> => {
  const requests: FakeRequest[] = [];
  const server = createServer(async (incoming, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const parameters = new URL(incoming.url ?? '/', 'http://fake').searchParams;
    const request = { parameters, headers: incoming.headers, body: Buffer.concat(chunks) };
    requests.push(request);
    const said = await answer(request, requests.length);
    if (said === 'hang up') return incoming.socket.destroy();
    response.writeHead(said.status ?? 200, said.headers ?? {});
    if ('breakOff' in said) return response.write(said.body ?? '', () => incoming.socket.end());
    return response.end(said.body ?? '');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = connect({ url, user: 'somebody', password: 'secret-word', database: 'books' });
  t.teardown(async () => {
    await client.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { url, client, requests };
};
