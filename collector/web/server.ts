/** The collector's HTTP server: `/healthz` for supervisors, `/metrics` for Prometheus, and a word for people at `/`. */

import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ConfigError } from '../../shared/service/config-error.ts';
import { formatHostPort, parseHostPort } from '../../shared/service/host-port.ts';
import type { Metrics } from './metrics.ts';

/** Connections at once; more are refused, so that a stranger cannot use up descriptors. */
const maxConnections = 256;
const requestTimeoutMs = 10_000;

export interface Health {
  /** Why flows are not stored; undefined while they are. */
  readonly problem?: string | undefined;
  /** What else is worth knowing at a glance. */
  readonly details?: Readonly<Record<string, string | number>>;
}

export interface WebServerOptions {
  /** `HOST:PORT`, as `--http` has it. */
  readonly http: string;
  readonly health: () => Health;
  readonly metrics: Metrics;
  /** One line for an error of binding. */
  readonly describeBindProblem: (
    error: unknown,
    attempt: { readonly protocol: 'tcp'; readonly host: string; readonly port: number },
  ) => Promise<string>;
}

export interface WebServer {
  /** `http://127.0.0.1:8080`, with the port that was really taken. */
  readonly url: string;
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

const plainText = 'text/plain; charset=utf-8';

const welcome =
  'flowledger collector\n\n/healthz  200 while flows are stored, else 503 and why\n/metrics  for Prometheus\n';

const answerTo = async (path: string, { health, metrics }: WebServerOptions): Promise<Answer> => {
  switch (path) {
    case '/':
      return { status: 200, type: plainText, body: welcome };
    case '/healthz': {
      const { problem, details } = health();
      const state = problem === undefined ? { status: 'ok' } : { status: 'failing', reason: problem };
      const body = `${JSON.stringify({ ...state, ...details })}\n`;
      return { status: problem === undefined ? 200 : 503, type: 'application/json', body };
    }
    case '/metrics':
      return { status: 200, type: metrics.contentType, body: await metrics.text() };
    default:
      return { status: 404, type: plainText, body: 'not found\n' };
  }
};

const listener =
  (options: WebServerOptions): RequestListener =>
  (request, response) => {
    const readable = request.method === 'GET' || request.method === 'HEAD';
    const path = readable ? (request.url ?? '').replace(/\?.*$/s, '') : '';
    answerTo(path, options)
      .catch(
        (error): Answer => ({
          status: 500,
          type: plainText,
          body: `${error instanceof Error ? error.message : error}\n`,
        }),
      )
      .then(({ status, type, body }) => {
        const headers = {
          'content-type': type,
          'cache-control': 'no-store',
          'x-content-type-options': 'nosniff',
        };
        response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) });
        response.end(request.method === 'HEAD' ? undefined : body);
      });
  };

const listen = (server: Server, host: string, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, ...(host === '' ? {} : { host }) }, () => {
      server.off('error', reject);
      resolve();
    });
  });

/** Throws ConfigError when the text is no `HOST:PORT` or the port cannot be had. */
export const startWebServer = async (options: WebServerOptions): Promise<WebServer> => {
  const wanted = parseHostPort(options.http);
  if (wanted === undefined)
    throw new ConfigError(`--http ${options.http}: not of the form HOST:PORT, such as 127.0.0.1:8080`);
  const server = createServer(
    { requestTimeout: requestTimeoutMs, headersTimeout: requestTimeoutMs },
    listener(options),
  );
  server.maxConnections = maxConnections;
  try {
    await listen(server, wanted.host, wanted.port);
  } catch (error) {
    const problem = await options.describeBindProblem(error, { protocol: 'tcp', ...wanted });
    throw new ConfigError(`--http ${options.http}: ${problem}`);
  }
  const { address, port } = server.address() as AddressInfo;
  return {
    url: `http://${formatHostPort(address, port)}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
