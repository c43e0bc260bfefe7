import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createSecureServer, type Server as SecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import {
  envelopeBytesMax,
  envelopeHeader,
  envelopeMessagesMax,
  envelopePath,
  ProtocolError,
  parseJson,
} from '@barlink/protocol';
import { SigningError, type SigningKey, signAnswer, verifyDetached } from '@barlink/signing';
import { answerEnvelope, type ReceivedMessage, type SignedAnswer } from './answer-envelope.ts';
import { SdkError } from './sdk-error.ts';
import { type Members, readMembers } from './shape.ts';
import type { SwitchKeys } from './switch-keys.ts';
import { isFromSwitch, secureOptions, type TlsOptions } from './tls.ts';

/** Where a receiver listens. */
export interface ListenOptions {
  /** 0 takes a free one. */
  readonly port: number;
  /** `127.0.0.1` when absent. */
  readonly host?: string;
}

/** The HTTP side of a participant: the switch calls it. */
export interface Receiver {
  /** For an HTTP server of your own; the body must not have been read. */
  readonly handle: RequestListener;
  /** Starts a server of its own. Gives its origin, for example `http://127.0.0.1:9001`. */
  listen(options: ListenOptions): Promise<{ readonly url: string }>;
  /** Takes another certificate for connections from now on; for a server that speaks TLS. */
  renewTls(tls: TlsOptions): void;
  /** Stops the server; requests at work are finished first. */
  close(): Promise<void>;
}

/**
 * What a handler may want to know about the HTTP request beside its content. Several messages may have come
 * in one request; then request and response are those of all of them.
 */
export interface ReceiverContext {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Used once per message of the switch. */
  readonly jti: string;
}

/** Answers one verified message; gives the JSON value of the answer. */
export type Route = (message: Members, context: ReceiverContext, part: string) => Promise<unknown>;

/** `part` is what stands for `*` in the path. */
export type Routes = Readonly<Record<string, Route>>;

/** Options of {@link createReceiver}. */
export interface ReceiverOptions {
  readonly participantId: string;
  /** The key to sign with now. */
  readonly key: () => SigningKey;
  readonly switchId: string;
  readonly switchKeys: SwitchKeys;
  readonly now: () => Date;
  /** The path part of the registered url, when it has one: `/barlink`. */
  readonly basePath?: string | undefined;
  /** Messages taken in one request, 2 to 64, or 1 for one by one; 64 when absent (spec/messages.md 6). */
  readonly messagesAtOnce?: number | undefined;
  /** With it the server speaks TLS to the switch, and to nobody else. */
  readonly tls?: TlsOptions | undefined;
  /** By path below the base path; one `*` may stand for a path segment. */
  readonly routes: Routes;
}

/** Largest message that is read (spec/messages.md 1.1). */
const messageBytesMax = 64 * 1024;
/** Longest that closing waits for requests at work. */
const stopWithinMs = 10_000;

/**
 * A bare node:http receiver: verify, read, answer, sign.
 *
 * It does not remember message ids: a message sent twice finds what the first one left in the books, and
 * changes nothing.
 */
export function createReceiver(options: ReceiverOptions): Receiver {
  const handle: RequestListener = (request, response) => {
    // Where nothing verifiable can be said, the switch asks again or reverses.
    answerRequest(options, request, response).catch(() => response.destroy());
  };
  let server: Server | SecureServer | undefined;
  return {
    handle,
    listen: async ({ port, host = '127.0.0.1' }) => {
      const started = createReceiverServer(handle, options);
      server = started;
      await new Promise<void>((resolve, reject) => {
        started.once('error', reject);
        started.listen(port, host, 1024, resolve);
      });
      const address = started.address() as AddressInfo;
      const name = address.family === 'IPv6' ? `[${address.address}]` : address.address;
      const scheme = options.tls === undefined ? 'http' : 'https';
      return { url: `${scheme}://${name}:${address.port}${options.basePath ?? ''}` };
    },
    renewTls: (tls) => {
      if (server !== undefined && 'setSecureContext' in server) {
        server.setSecureContext(secureOptions(tls));
      }
    },
    close: async () => {
      const stopping = server;
      server = undefined;
      if (stopping !== undefined) {
        await stopServer(stopping);
      }
    },
  };
}

/** A server for a receiver's requests: TLS for the switch alone, or plain HTTP. */
export function createReceiverServer(
  handle: RequestListener,
  { tls, switchId }: { readonly tls?: TlsOptions | undefined; readonly switchId: string },
): Server | SecureServer {
  const options = { keepAliveTimeout: 60_000, requestTimeout: 30_000 };
  if (tls === undefined) {
    return createServer(options, handle);
  }
  const asking = { requestCert: true, rejectUnauthorized: true };
  const server = createSecureServer({ ...options, ...secureOptions(tls), ...asking }, handle);
  server.on('secureConnection', (socket) => {
    if (!isFromSwitch(socket, switchId)) {
      socket.destroy();
    }
  });
  return server;
}

/** Finishes what is at work; a kept connection without a request is closed as soon as it is idle. */
async function stopServer(server: Server | SecureServer): Promise<void> {
  const sweep = setInterval(() => server.closeIdleConnections(), 20);
  const giveUp = setTimeout(() => server.closeAllConnections(), stopWithinMs);
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
  clearInterval(sweep);
  clearTimeout(giveUp);
}

async function answerRequest(
  options: ReceiverOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { basePath = '', messagesAtOnce = envelopeMessagesMax } = options;
  const method = request.method ?? 'GET';
  const target = request.url ?? '/';
  const isEnvelope = messagesAtOnce > 1 && method === 'POST' && target === `${basePath}${envelopePath}`;
  const http = { request, response };
  try {
    const payload = await readBody(request, isEnvelope ? envelopeBytesMax : messageBytesMax);
    if (isEnvelope) {
      await answerEnvelope(payload, response, (message) => answerMessage(options, message, http));
      return;
    }
    const signature = request.headers['barlink-signature'];
    const message = {
      method,
      target,
      payload,
      signature: typeof signature === 'string' ? signature : undefined,
    };
    send(response, await answerMessage(options, message, http), messagesAtOnce);
  } catch (error) {
    send(response, await toAnswer(options, { ...problemOf(error), jti: undefined }), messagesAtOnce);
  }
}

/** Verifies, acts and signs; whatever goes wrong becomes an answer. */
async function answerMessage(
  options: ReceiverOptions,
  { method, target, payload, signature }: ReceivedMessage,
  http: Pick<ReceiverContext, 'request' | 'response'>,
): Promise<SignedAnswer> {
  let jti: string | undefined;
  try {
    const message = await verifyDetached(payload, signature, {
      keyFor: options.switchKeys.keyFor,
      audience: options.participantId,
      method,
      target,
      now: options.now(),
    });
    jti = message.jti;
    const found = findRoute(options, target);
    const members = readMembers(payload.length === 0 ? {} : parseJson(payload));
    const value = await found.route(members, { jti, ...http }, found.part);
    return await toAnswer(options, { status: 200, value, jti });
  } catch (error) {
    return toAnswer(options, { ...problemOf(error), jti });
  }
}

function readBody(request: IncomingMessage, bytesMax: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > bytesMax) {
        request.removeAllListeners('data').resume();
        reject(new SdkError('RECEIVER_BODY_TOO_LARGE', `The message is larger than ${bytesMax / 1024} KiB.`));
        return;
      }
      chunks.push(chunk);
    });
    request.on('end', () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)));
    request.on('error', reject);
  });
}

function findRoute(
  { basePath = '', routes }: ReceiverOptions,
  target: string,
): { route: Route; part: string } {
  const path = target.startsWith(basePath) ? target.slice(basePath.length) : '';
  const plain = routes[path];
  if (plain !== undefined) {
    return { route: plain, part: '' };
  }
  const [, first = '', part = '', last = ''] = path.split('/');
  const starred = routes[`/${first}/*/${last}`];
  if (starred === undefined) {
    throw new SdkError('RECEIVER_PATH_UNKNOWN', 'This participant does not answer here.');
  }
  return { route: starred, part };
}

interface Answer {
  readonly status: number;
  readonly value: unknown;
  /** Of the request, when it verified: only then there is something to bind a signature to. */
  readonly jti: string | undefined;
}

async function toAnswer(options: ReceiverOptions, { status, value, jti }: Answer): Promise<SignedAnswer> {
  const body = JSON.stringify(value);
  if (jti === undefined) {
    return { status, body };
  }
  const signature = await signAnswer(Buffer.from(body), {
    key: options.key(),
    issuer: options.participantId,
    audience: options.switchId,
    requestId: jti,
    status,
    issuedAt: options.now(),
  });
  return { status, body, signature };
}

function send(response: ServerResponse, answer: SignedAnswer, messagesAtOnce: number): void {
  if (response.destroyed) {
    return;
  }
  const { status, body, signature } = answer;
  const bytes = Buffer.from(body);
  response
    .writeHead(status, {
      'content-type': status === 200 ? 'application/json' : 'application/problem+json',
      'content-length': bytes.length,
      ...(signature === undefined ? {} : { 'barlink-signature': signature }),
      ...(messagesAtOnce > 1 ? { [envelopeHeader]: messagesAtOnce } : {}),
    })
    .end(bytes);
}

/** The one place where an error of a handler becomes an answer; what went wrong inside stays inside. */
function problemOf(error: unknown): { status: number; value: unknown } {
  const [status, code, detail, path] = classify(error);
  const title = code.toLowerCase().replaceAll('_', ' ');
  const type = `urn:barlink:problem:${code}`;
  const value = { type, title, status, code, detail, ...(path === undefined ? {} : { path }) };
  return { status, value: { ...value, retryable: status >= 500, traceId: crypto.randomUUID() } };
}

function classify(error: unknown): [status: number, code: string, detail: string, path: string | undefined] {
  if (error instanceof SigningError) {
    return [401, error.code, error.message, error.path];
  }
  if (error instanceof ProtocolError && error.code === 'RECEIVER_BODY_TOO_LARGE') {
    return [413, error.code, error.message, undefined];
  }
  if (error instanceof ProtocolError && error.code === 'RECEIVER_PATH_UNKNOWN') {
    return [404, error.code, error.message, undefined];
  }
  if (error instanceof ProtocolError && !(error instanceof SdkError)) {
    return [400, error.code, error.message, error.path];
  }
  return [500, 'RECEIVER_BROKEN', 'The participant could not answer.', undefined];
}
