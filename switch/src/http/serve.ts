import type { IncomingMessage } from 'node:http';
import type { Problem } from '@barlink/protocol';
import { type SigningKey, signAnswer } from '@barlink/signing';
import type { Request } from 'express';
import { AuditError } from '../audit/index.ts';
import { newId } from '../new-id.ts';
import type { ParticipantRegistry } from '../participants/index.ts';
import { type Admission, claimedSender, type Place } from './admission.ts';
import { type Authenticated, assertMay, assertOwner, authenticate, toWriteMessage } from './authenticate.ts';
import type { CertificateOwner } from './client-certificate.ts';
import type { Answer, Endpoint } from './endpoint.ts';
import { HttpError } from './errors.ts';
import { type FloodGuard, sourceOf } from './flood-guard.ts';
import { parseMessage } from './parse-message.ts';
import { toProblem } from './problem.ts';
import type { RefusedMessages } from './refused-messages.ts';

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

/** What a process keeps at its edge, and what it asks to serve a message. */
export interface Edge {
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
  readonly certificateOwner: CertificateOwner;
  readonly refusedMessages: RefusedMessages;
  readonly now: () => Date;
  readonly onServed: (served: Served) => void;
}

/** A message for an endpoint, as it came: in an HTTP request of its own or with others. */
export interface Incoming {
  /** The HTTP request that carried it. */
  readonly request: Request;
  readonly endpoint: Endpoint;
  readonly parameters: Readonly<Record<string, string>>;
  readonly method: string;
  /** Path and query as signed. */
  readonly target: string;
  readonly signature: string | undefined;
  readonly contentType: string | undefined;
  /** @throws {HttpError} `REQUEST_TOO_LARGE`, `REQUEST_BODY_TRUNCATED` */
  readonly readBody: () => Promise<Uint8Array>;
}

/** Media type of refusals (RFC 9457). */
export const problemType = 'application/problem+json';

/** An answer ready to be sent. */
export interface Outgoing {
  readonly status: number;
  readonly body: string;
  readonly mediaType: string;
  /** Anybody may keep it this long; nobody may when absent. */
  readonly cacheSeconds?: number | undefined;
  /** Absent when it is not known to whom the answer speaks. */
  readonly signature: string | undefined;
}

/** One message from bytes to signed answer, in the order of spec/messages.md 2. */
export async function serve(incoming: Incoming, edge: Edge): Promise<Outgoing> {
  const { request, endpoint } = incoming;
  const startedAt = performance.now();
  const traceId = traceIdOf(request);
  const source = sourceOf(request.socket.remoteAddress, request.headers['x-forwarded-for'], edge.gateways);
  const work: Work = { incoming, endpoint, options: edge, startedAt, authenticated: undefined };
  let given: Answer;
  let failure: { readonly code: string; readonly error: unknown } | undefined;
  try {
    given = await withinTime(admitFrom(source, work), edge.answerDeadlineMs);
  } catch (error) {
    const problem = toProblem(error, traceId);
    failure = { code: problem.code, error: isFault(problem) ? error : undefined };
    given = { status: problem.status, body: JSON.stringify(problem) };
  }
  const { authenticated } = work;
  if (failure?.code.startsWith('SIGNATURE_') === true && authenticated === undefined) {
    await holdBack(source, edge.floodGuard);
  }
  if (failure !== undefined && authenticated !== undefined && isFinal(given.status)) {
    const { sender, jti } = authenticated.message;
    edge.refusedMessages.add(sender, jti, edge.now());
  }
  const signature = authenticated && (await signFor(authenticated, given, edge));
  edge.onServed({
    method: incoming.method,
    path: endpoint.path,
    status: given.status,
    sender: authenticated?.sender.id,
    code: failure?.code,
    traceId,
    durationMs: performance.now() - startedAt,
    error: failure?.error,
  });
  const { mediaType = 'application/json' } = endpoint.answer;
  return { mediaType: failure === undefined ? mediaType : problemType, signature, ...given };
}

function signFor({ sender, message }: Authenticated, given: Answer, edge: Edge): Promise<string> {
  return signAnswer(Buffer.from(given.body), {
    key: edge.signingKey(),
    issuer: edge.switchId,
    audience: sender.id,
    requestId: message.jti,
    status: given.status,
    issuedAt: edge.now(),
  });
}

/** What an operator must hear of one by one; a request that found no room is counted with the others. */
function isFault({ status, code }: Problem): boolean {
  return status >= 500 && code !== 'SWITCH_OVERLOADED';
}

/** A refusal that says that nothing was done, now or later: not "ask again", not a fault of ours. */
function isFinal(status: number): boolean {
  return status < 500 && status !== 429;
}

/** A message and what is known of it so far. */
interface Work {
  readonly incoming: Incoming;
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
  const { incoming, endpoint, options } = work;
  const sender = claimedSender(incoming.signature);
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
  const { incoming, endpoint, options } = work;
  const { request, parameters } = incoming;
  const { run } = endpoint;
  if (run.kind === 'open') {
    return run.handle(parameters);
  }
  const owner = options.certificateOwner(request);
  const owned = owner instanceof Promise ? await owner : owner;
  const authenticated = await receive(incoming, options);
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
  if (run.kind === 'read') {
    return run.handle({ sender, message, body, parameters });
  }
  const write = toWriteMessage(authenticated);
  if (options.refusedMessages.has(write.sender, write.jti)) {
    throw new AuditError('SIGNATURE_REPLAYED');
  }
  place.carry(write);
  return run.handle({ sender, message: write, body, parameters });
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

async function receive(incoming: Incoming, options: Edge): Promise<Authenticated> {
  const { method, target, endpoint, contentType, signature = '' } = incoming;
  const body = await incoming.readBody();
  if (endpoint.request !== undefined && !/^application\/json(;|$)/.test(contentType ?? '')) {
    throw new HttpError('REQUEST_MEDIA_TYPE_UNSUPPORTED');
  }
  return authenticate({ method, target, signature, body, receivedAt: options.now() }, options);
}

/** The trace id of a W3C traceparent header, or a new one. */
export function traceIdOf(request: IncomingMessage): string {
  const parent = request.headers.traceparent;
  const match =
    typeof parent === 'string' ? /^00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/.exec(parent) : null;
  return match?.[1] ?? newId().replaceAll('-', '');
}
