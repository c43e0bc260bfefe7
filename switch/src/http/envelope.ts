import {
  type EnvelopedRequest,
  encodeEnvelopeLine,
  envelopeBytesMax,
  envelopeHeader,
  envelopeMessagesMax,
  envelopeType,
  parseEnvelope,
} from '@barlink/protocol';
import type { Request, Response } from 'express';
import type { Endpoint } from './endpoint.ts';
import { HttpError } from './errors.ts';
import { sourceOf } from './flood-guard.ts';
import { toProblem } from './problem.ts';
import { bodyBytesMax, readBody } from './read-body.ts';
import { type Edge, type Outgoing, problemType, serve, traceIdOf } from './serve.ts';
import { turnAway } from './turn-away.ts';

/**
 * Envelopes that are read at once, of one address and in all: what they hold is admitted message by message,
 * their bytes come before that. Who sends them slowly stops nobody at another address.
 */
const readingOfSourceMax = 32;
const readingMax = 256;

/**
 * Answers the messages of one request, each as if it had come alone, when it is ready (spec/messages.md 6).
 *
 * The answerer throws `ENVELOPE_MALFORMED`, `REQUEST_TOO_LARGE`, `REQUEST_BODY_TRUNCATED`,
 * `REQUEST_MEDIA_TYPE_UNSUPPORTED` and `SWITCH_OVERLOADED`; none of the messages was read then.
 */
export function createEnvelopeAnswerer(
  endpoints: readonly Endpoint[],
  edge: Edge,
): (request: Request, response: Response) => Promise<void> {
  const findEndpoint = createFinder(endpoints);
  const readings = new Map<string, number>();
  let readingAll = 0;

  function note(source: string, change: 1 | -1): void {
    const count = (readings.get(source) ?? 0) + change;
    readingAll += change;
    if (count === 0) {
      readings.delete(source);
    } else {
      readings.set(source, count);
    }
  }

  async function read(request: Request): Promise<readonly EnvelopedRequest[]> {
    if (request.headers['content-type'] !== envelopeType) {
      throw new HttpError('REQUEST_MEDIA_TYPE_UNSUPPORTED');
    }
    const source = sourceOf(request.socket.remoteAddress, request.headers['x-forwarded-for'], edge.gateways);
    if (readingAll >= readingMax || (readings.get(source) ?? 0) >= readingOfSourceMax) {
      throw new HttpError('SWITCH_OVERLOADED');
    }
    note(source, 1);
    try {
      return parseEnvelope(await readBody(request, envelopeBytesMax));
    } finally {
      note(source, -1);
    }
  }

  return async (request, response) => {
    const messages = await read(request);
    const answers = createAnswerStream(response, messages.length);
    await Promise.all(
      messages.map(async (message, at) =>
        answers.add(at, await answerOne(message, { request, findEndpoint, edge })),
      ),
    );
  };
}

/** Where the answers to one envelope gather; what is ready at the same time leaves together. */
function createAnswerStream(response: Response, messages: number) {
  let open = messages;
  let ready = '';

  function leave(): void {
    const lines = ready;
    ready = '';
    if (response.destroyed) {
      return;
    }
    if (!response.headersSent) {
      response.writeHead(200, {
        'content-type': envelopeType,
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        [envelopeHeader]: envelopeMessagesMax,
        ...(open === 0 ? { 'content-length': Buffer.byteLength(lines) } : {}),
      });
    }
    if (open === 0) {
      response.end(lines);
    } else {
      response.write(lines);
    }
  }

  return {
    add(at: number, { status, signature, body }: Outgoing): void {
      open -= 1;
      if (ready === '') {
        setImmediate(leave);
      }
      ready += encodeEnvelopeLine({ at, status, ...(signature === undefined ? {} : { signature }), body });
    },
  };
}

interface Carried {
  readonly request: Request;
  readonly findEndpoint: Finder;
  readonly edge: Edge;
}

/** Whatever goes wrong with one message is its own answer. */
async function answerOne(message: EnvelopedRequest, carried: Carried): Promise<Outgoing> {
  const { request, findEndpoint, edge } = carried;
  const { target, signature, body } = message;
  try {
    const { endpoint, parameters } = findEndpoint(target);
    const traceId = () => traceIdOf(request);
    const refusal = turnAway({ path: endpoint.path, signature, traceId }, edge);
    if (refusal !== undefined) {
      return refusal;
    }
    return await serve(
      {
        request,
        endpoint,
        parameters,
        method: 'POST',
        target,
        signature: signature === '' ? undefined : signature,
        contentType: 'application/json',
        readBody: async () => toBytes(body),
      },
      edge,
    );
  } catch (error) {
    const problem = toProblem(error, traceIdOf(request));
    return {
      status: problem.status,
      body: JSON.stringify(problem),
      mediaType: problemType,
      signature: undefined,
    };
  }
}

function toBytes(body: string): Uint8Array {
  const bytes = Buffer.from(body);
  if (bytes.length > bodyBytesMax) {
    throw new HttpError('REQUEST_TOO_LARGE');
  }
  return bytes;
}

interface Found {
  readonly endpoint: Endpoint;
  readonly parameters: Readonly<Record<string, string>>;
}

/** @throws {HttpError} `REQUEST_PATH_UNKNOWN`, `REQUEST_METHOD_UNSUPPORTED` */
type Finder = (target: string) => Found;

/** Finds what the router would find for a POST to the same target. An envelope itself is no endpoint. */
function createFinder(endpoints: readonly Endpoint[]): Finder {
  const rows = endpoints.map((endpoint) => ({ endpoint, pattern: toPattern(endpoint.path) }));
  const plain = new Map<string, Found>();
  for (const { endpoint, pattern } of rows) {
    const first = rows.find((row) => row.endpoint.method === 'post' && row.pattern.test(endpoint.path));
    if (!endpoint.path.includes('{') && pattern.test(endpoint.path) && first !== undefined) {
      plain.set(endpoint.path, { endpoint: first.endpoint, parameters: {} });
    }
  }
  return (target) => {
    const known = plain.get(target);
    if (known !== undefined) {
      return known;
    }
    const [path = ''] = target.split('?', 1);
    const matching = rows.filter(({ pattern }) => pattern.test(path));
    const row = matching.find(({ endpoint }) => endpoint.method === 'post');
    if (row === undefined) {
      throw new HttpError(matching.length > 0 ? 'REQUEST_METHOD_UNSUPPORTED' : 'REQUEST_PATH_UNKNOWN');
    }
    return { endpoint: row.endpoint, parameters: decodeParameters(row.pattern.exec(path)?.groups) };
  };
}

/** As the router reads a path: in any case, with or without a last slash. */
function toPattern(path: string): RegExp {
  return new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{(\w+)\}/g, '(?<$1>[^/]+)')}/?$`, 'i');
}

function decodeParameters(groups: Record<string, string> = {}): Record<string, string> {
  try {
    return Object.fromEntries(
      Object.entries(groups).map(([name, value]) => [name, decodeURIComponent(value)]),
    );
  } catch {
    throw new HttpError('REQUEST_PATH_UNKNOWN');
  }
}
