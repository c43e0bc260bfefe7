import type { IncomingHttpHeaders, IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { envelopeHeader, envelopeMessagesMax, envelopePath } from '@barlink/protocol';
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import helmet from 'helmet';
import { limitConnections } from './connection-gate.ts';
import type { Endpoint } from './endpoint.ts';
import { createEnvelopeAnswerer } from './envelope.ts';
import { HttpError } from './errors.ts';
import { createListeners, type Listeners, type TlsMaterial } from './listeners.ts';
import { toProblem } from './problem.ts';
import { readBody } from './read-body.ts';
import { createRefusedMessages } from './refused-messages.ts';
import { type Edge, type Outgoing, problemType, serve, traceIdOf } from './serve.ts';
import { plainWrites, turnAway } from './turn-away.ts';

export interface ApplicationOptions extends Omit<Edge, 'refusedMessages'> {
  readonly endpoints: readonly Endpoint[];
  /** With it the switch speaks TLS, else plain HTTP. */
  readonly tls: TlsMaterial | undefined;
  /** Adds what machines that watch the switch ask. */
  readonly mount: (app: Express) => void;
}

/** The HTTP server of the switch: every signed request goes through `serve`, top to bottom. */
export function createApplication(options: ApplicationOptions): Listeners {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', false);
  const security = helmet();
  const edge: Edge = { ...options, refusedMessages: createRefusedMessages() };
  for (const endpoint of options.endpoints) {
    const path = endpoint.path.replaceAll(/\{(\w+)\}/g, ':$1');
    app[endpoint.method](path, (request: Request, response: Response) =>
      answerAlone(request, response, { endpoint, edge }),
    );
  }
  const paths = new Set(options.endpoints.map((endpoint) => endpoint.path));
  for (const path of paths) {
    const methods = options.endpoints
      .filter((endpoint) => endpoint.path === path)
      .map(({ method }) => method);
    app.all(path.replaceAll(/\{(\w+)\}/g, ':$1'), (request: Request, response: Response) => {
      response.setHeader('allow', methods.join(', ').toUpperCase());
      refuse(request, response, new HttpError('REQUEST_METHOD_UNSUPPORTED'));
    });
  }
  const answerEnvelope = createEnvelopeAnswerer(options.endpoints, edge);
  app.post(`/v1${envelopePath}`, (request: Request, response: Response) =>
    answerEnvelope(request, response).catch((error: unknown) => {
      if (response.headersSent) {
        response.destroy();
      } else {
        refuse(request, response, error);
      }
    }),
  );
  options.mount(app);
  const unknownPath = (request: Request, response: Response) =>
    refuse(request, response, new HttpError('REQUEST_PATH_UNKNOWN'));
  app.use(security, unknownPath);
  app.use((error: unknown, request: Request, response: Response, _next: NextFunction) => {
    if (response.headersSent) {
      response.destroy();
      return;
    }
    // The router itself gives up on a path whose percent signs cannot be decoded.
    const refusal = error instanceof URIError ? new HttpError('REQUEST_PATH_UNKNOWN') : error;
    refuse(request, response, refusal);
  });
  const writes = plainWrites(options.endpoints);
  const door: RequestListener = (request, response) => {
    const refusal = writes.has(request.url ?? '') ? turnAwayAtTheDoor(request, edge) : undefined;
    if (refusal === undefined) {
      app(request as Request, response as Response);
    } else {
      send(response, refusal);
    }
  };
  const listeners = createListeners({ app, door, tls: options.tls });
  limitConnections(listeners.server, options);
  return listeners;
}

/** A write that there is no room for, before the router takes it apart. */
function turnAwayAtTheDoor(request: IncomingMessage, edge: Edge): Outgoing | undefined {
  const { method, url = '', headers } = request;
  return method === 'POST'
    ? turnAway({ path: url, signature: signatureOf(headers), traceId: () => traceIdOf(request) }, edge)
    : undefined;
}

function signatureOf({ 'barlink-signature': signature }: IncomingHttpHeaders): string | undefined {
  return typeof signature === 'string' ? signature : undefined;
}

async function answerAlone(
  request: Request,
  response: Response,
  { endpoint, edge }: { readonly endpoint: Endpoint; readonly edge: Edge },
): Promise<void> {
  const outgoing = await serve(
    {
      request,
      endpoint,
      parameters: request.params as Record<string, string>,
      method: request.method,
      target: request.originalUrl,
      signature: signatureOf(request.headers),
      contentType: request.headers['content-type'],
      readBody: () => readBody(request),
    },
    edge,
  );
  send(response, outgoing);
}

/** Sends an answer to a request that holds one message. */
function send(
  response: ServerResponse,
  { status, body, mediaType, cacheSeconds, signature }: Outgoing,
): void {
  const headers: Record<string, string | number> = {
    'content-type': mediaType,
    'content-length': Buffer.byteLength(body),
    'cache-control': cacheSeconds === undefined ? 'no-store' : `public, max-age=${cacheSeconds}`,
    'x-content-type-options': 'nosniff',
    [envelopeHeader]: envelopeMessagesMax,
  };
  if (status === 503 || status === 429) {
    headers['retry-after'] = 1;
  }
  if (status === 413) {
    headers.connection = 'close';
  }
  if (signature !== undefined) {
    headers['barlink-signature'] = signature;
  }
  response.writeHead(status, headers);
  // A text leaves in one write with the headers, bytes would not.
  response.end(body);
}

function refuse(request: Request, response: Response, error: unknown): void {
  const problem = toProblem(error, traceIdOf(request));
  send(response, {
    status: problem.status,
    body: JSON.stringify(problem),
    mediaType: problemType,
    signature: undefined,
  });
}
