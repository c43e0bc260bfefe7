import { type SigningKey, signAnswer } from '@barlink/signing';
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import helmet from 'helmet';
import { AuditError } from '../audit/index.ts';
import { newId } from '../new-id.ts';
import type { ParticipantRegistry } from '../participants/index.ts';
import { type Admission, claimedSender, type Place } from './admission.ts';
import { type Authenticated, assertMay, assertOwner, authenticate, toWriteMessage } from './authenticate.ts';
import type { CertificateOwner } from './client-certificate.ts';
import type { Answer, Endpoint } from './endpoint.ts';
import { HttpError } from './errors.ts';
import { type FloodGuard, sourceOf } from './flood-guard.ts';
import { createListeners, type Listeners, type TlsMaterial } from './listeners.ts';
import { parseMessage } from './parse-message.ts';
import { toProblem } from './problem.ts';
import { readBody } from './read-body.ts';
import { createRefusedMessages, type RefusedMessages } from './refused-messages.ts';

/** What the edge tells of each request when it is done. */
export interface Served {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly sender: string | undefined;
  readonly code: string | undefined;
  readonly traceId: string;
  readonly durationMs: number;
  /** Set for our own faults only. */
  readonly error: unknown;
}

export interface ApplicationOptions {
  readonly endpoints: readonly Endpoint[];
  readonly registry: ParticipantRegistry;
  readonly switchId: string;
  /** The key the switch signs with now. */
  readonly signingKey: () => SigningKey;
  readonly admission: Admission;
  readonly floodGuard: FloodGuard;
  /** Addresses whose word on whom they speak for is taken: our own gateways. */
  readonly gateways: ReadonlySet<string>;
  /** A request that has no answer after this long is told so. */
  readonly answerDeadlineMs: number;
  /** With it the switch speaks TLS, else plain HTTP. */
  readonly tls: TlsMaterial | undefined;
  readonly certificateOwner: CertificateOwner;
  readonly now: () => Date;
  /** Adds what machines that watch the switch ask. */
  readonly mount: (app: Express) => void;
  readonly onServed: (served: Served) => void;
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
      serve(request, response, endpoint, edge),
    );
  }
  const paths = new Set(options.endpoints.map((endpoint) => endpoint.path));
  for (const path of paths) {
    const methods = options.endpoints
      .filter((endpoint) => endpoint.path === path)
      .map(({ method }) => method);
    app.all(path.replaceAll(/\{(\w+)\}/g, ':$1'), (request: Request, response: Response) => {
      response.setHeader('allow', methods.join(', ').toUpperCase());
      refuse(request, response, new HttpError('REQUEST_METHOD_UNSUPPORTED'), options);
    });
  }
  options.mount(app);
  const unknownPath = (request: Request, response: Response) =>
    refuse(request, response, new HttpError('REQUEST_PATH_UNKNOWN'), options);
  app.use(security, unknownPath);
  app.use((error: unknown, request: Request, response: Response, _next: NextFunction) => {
    if (response.headersSent) {
      response.destroy();
      return;
    }
    // The router itself gives up on a path whose percent signs cannot be decoded.
    const refusal = error instanceof URIError ? new HttpError('REQUEST_PATH_UNKNOWN') : error;
    refuse(request, response, refusal, options);
  });
  const listeners = createListeners(app, options.tls);
  limitConnections(listeners.server, options);
  return listeners;
}

/** A suspect source has few connections: each of them can make the switch verify something. */
function limitConnections(server: Listeners['server'], { floodGuard, gateways }: ApplicationOptions): void {
  const connections = new Map<string, number>();
  server.on('connection', (socket) => {
    const source = sourceOf(socket.remoteAddress, undefined, gateways);
    const open = connections.get(source) ?? 0;
    if (!floodGuard.mayConnect(source, open)) {
      socket.destroy();
      return;
    }
    connections.set(source, open + 1);
    socket.on('close', () => {
      const left = (connections.get(source) ?? 1) - 1;
      if (left > 0) {
        connections.set(source, left);
      } else {
        connections.delete(source);
      }
    });
  });
}

/** One request from bytes to signed answer, in the order of spec/messages.md 2. */
async function serve(request: Request, response: Response, endpoint: Endpoint, options: Edge): Promise<void> {
  const startedAt = performance.now();
  const traceId = traceIdOf(request);
  const source = sourceOf(request.socket.remoteAddress, request.headers['x-forwarded-for'], options.gateways);
  const work: Work = { request, endpoint, options, startedAt, authenticated: undefined };
  let given: Answer;
  let failure: { readonly code: string; readonly error: unknown } | undefined;
  try {
    given = await withinTime(admitFrom(source, work), options.answerDeadlineMs);
  } catch (error) {
    const problem = toProblem(error, traceId);
    failure = { code: problem.code, error: problem.status >= 500 ? error : undefined };
    given = { status: problem.status, body: JSON.stringify(problem) };
  }
  const { authenticated } = work;
  if (failure?.code.startsWith('SIGNATURE_') === true && authenticated === undefined) {
    await holdBack(source, options.floodGuard);
  }
  if (failure !== undefined && authenticated !== undefined && isFinal(given.status)) {
    const { sender, jti } = authenticated.message;
    options.refusedMessages.add(sender, jti, options.now());
  }
  const mediaType = failure === undefined ? endpoint.answer.mediaType : 'application/problem+json';
  await send(response, given, { mediaType, authenticated, options });
  options.onServed({
    method: request.method,
    path: endpoint.path,
    status: given.status,
    sender: authenticated?.sender.id,
    code: failure?.code,
    traceId,
    durationMs: performance.now() - startedAt,
    error: failure?.error,
  });
}

/** A refusal that says that nothing was done, now or later: not "ask again", not a fault of ours. */
function isFinal(status: number): boolean {
  return status < 500 && status !== 429;
}

/** What a process keeps at its edge. */
interface Edge extends ApplicationOptions {
  readonly refusedMessages: RefusedMessages;
}

/** A request and what is known of it so far. */
interface Work {
  readonly request: Request;
  readonly endpoint: Endpoint;
  readonly options: Edge;
  readonly startedAt: number;
  authenticated: Authenticated | undefined;
}

/**
 * A source that sent bad signatures before waits for its turn; for all others this is one look into a map.
 */
async function admitFrom(source: string, work: Work): Promise<Answer> {
  const turn = work.options.floodGuard.enter(source);
  if (turn === undefined) {
    return admit(work);
  }
  const giveBack = await turn;
  try {
    return await admit(work);
  } finally {
    giveBack();
  }
}

async function holdBack(source: string, guard: FloodGuard): Promise<void> {
  guard.noteRefused(source);
  const holdMs = guard.holdMs(source);
  if (holdMs > 0) {
    await new Promise((resolve) => setTimeout(resolve, holdMs));
  }
}

/** Takes a request to work, or refuses it before anything is spent on it (spec/guards.md 1). */
async function admit(work: Work): Promise<Answer> {
  const { request, endpoint, options } = work;
  const sender = claimedSender(request.headers['barlink-signature']);
  endpoint.limit?.assertOpen(sender);
  const place = options.admission.enter(sender);
  if (place === undefined) {
    throw new HttpError('SWITCH_OVERLOADED');
  }
  let outcome: 'served' | 'refused' = 'refused';
  try {
    const given = await answerTo(work, place);
    outcome = endpoint.run.kind === 'read' ? 'served' : 'refused';
    return given;
  } finally {
    place.leave(outcome);
  }
}

async function answerTo(work: Work, place: Place): Promise<Answer> {
  const { request, endpoint, options } = work;
  const { run } = endpoint;
  if (run.kind === 'open') {
    return run.handle(parametersOf(request));
  }
  const owner = options.certificateOwner(request);
  const owned = owner instanceof Promise ? await owner : owner;
  const authenticated = await receive(request, endpoint, options);
  work.authenticated = authenticated;
  assertOwner(authenticated.sender, owned);
  assertMay(authenticated.sender, endpoint.roles as readonly string[]);
  await endpoint.limit?.take(authenticated.sender.id);
  const { sender, message } = authenticated;
  const body = parseMessage(message.body, endpoint.request);
  if (request.socket.destroyed || performance.now() - work.startedAt > options.answerDeadlineMs) {
    // Nobody waits for it any more.
    throw new HttpError('SWITCH_DEADLINE_EXCEEDED');
  }
  const call = { sender, body, parameters: parametersOf(request) };
  if (run.kind === 'read') {
    return run.handle({ ...call, message });
  }
  const write = toWriteMessage(authenticated);
  if (options.refusedMessages.has(write.sender, write.jti)) {
    throw new AuditError('SIGNATURE_REPLAYED');
  }
  place.carry(write);
  return run.handle({ ...call, message: write });
}

/**
 * What a request waits for goes on when it is told that the time is over: asked again, it finds the result.
 */
function withinTime(work: Promise<Answer>, deadlineMs: number): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new HttpError('SWITCH_DEADLINE_EXCEEDED')), deadlineMs);
    const settle = <Value>(end: (value: Value) => void) => {
      return (value: Value) => {
        clearTimeout(timer);
        end(value);
      };
    };
    work.then(settle(resolve), settle(reject));
  });
}

async function receive(
  request: Request,
  endpoint: Endpoint,
  options: ApplicationOptions,
): Promise<Authenticated> {
  const body = await readBody(request);
  const type = request.headers['content-type'];
  if (endpoint.request !== undefined && !/^application\/json(;|$)/.test(type ?? '')) {
    throw new HttpError('REQUEST_MEDIA_TYPE_UNSUPPORTED');
  }
  const signature = request.headers['barlink-signature'];
  return authenticate(
    {
      method: request.method,
      target: request.originalUrl,
      signature: typeof signature === 'string' ? signature : '',
      body,
      receivedAt: options.now(),
    },
    options,
  );
}

/** Sends the answer; signed when we know to whom it speaks. */
async function send(
  response: Response,
  given: Answer,
  context: {
    mediaType: string | undefined;
    authenticated: Authenticated | undefined;
    options: ApplicationOptions;
  },
): Promise<void> {
  const { mediaType = 'application/json', authenticated, options } = context;
  const bytes = Buffer.from(given.body);
  const headers: Record<string, string | number> = {
    'content-type': mediaType,
    'content-length': bytes.length,
    'cache-control': given.cacheSeconds === undefined ? 'no-store' : `public, max-age=${given.cacheSeconds}`,
    'x-content-type-options': 'nosniff',
  };
  if (given.status === 503 || given.status === 429) {
    headers['retry-after'] = 1;
  }
  if (given.status === 413) {
    headers.connection = 'close';
  }
  if (authenticated !== undefined) {
    headers['barlink-signature'] = await signAnswer(bytes, {
      key: options.signingKey(),
      issuer: options.switchId,
      audience: authenticated.sender.id,
      requestId: authenticated.message.jti,
      status: given.status,
      issuedAt: options.now(),
    });
  }
  response.writeHead(given.status, headers);
  response.end(bytes);
}

function refuse(request: Request, response: Response, error: unknown, options: ApplicationOptions): void {
  const problem = toProblem(error, traceIdOf(request));
  void send(
    response,
    { status: problem.status, body: JSON.stringify(problem) },
    { mediaType: 'application/problem+json', authenticated: undefined, options },
  );
}

function parametersOf(request: Request): Readonly<Record<string, string>> {
  return request.params as Record<string, string>;
}

/** The trace id of a W3C traceparent header, or a new one. */
function traceIdOf(request: Request): string {
  const parent = request.headers.traceparent;
  const match =
    typeof parent === 'string' ? /^00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/.exec(parent) : null;
  return match?.[1] ?? newId().replaceAll('-', '');
}
