import { formatUuid7, ProtocolError, parseJson } from '@barlink/protocol';
import { batchOwnKey, type OwnKey, type SigningKey, signDetached, verifyAnswer } from '@barlink/signing';
import { createDepartures, type Departures } from './departures.ts';
import { SdkError } from './sdk-error.ts';
import { type Members, readMembers } from './shape.ts';
import { createSwitchKeys, type SwitchKeys } from './switch-keys.ts';
import type { Transport, TransportAnswer, TransportRequest } from './transport.ts';

/** Who speaks to which switch; every client of the SDK takes these. */
export interface ClientOptions {
  /** Origin of the switch, for example `https://switch.example`. */
  readonly switchUrl: string;
  /** This participant, as the operator registered it. */
  readonly participantId: string;
  /** Its registered key for messages; a function when it changes while the client is in use. */
  readonly key: OwnKey;
  /** The switch's own id; `barlink-switch` when absent. */
  readonly switchId?: string;
  /** The switch's public JWKs. Without them they are fetched from the switch: over TLS only. */
  readonly switchKeys?: readonly unknown[];
  /** How requests travel; on Node a pool of kept connections when absent. */
  readonly transport?: Transport;
  /** Time one call may take with all its retries, in milliseconds; 10 s when absent (spec/payments.md 3). */
  readonly deadlineMs?: number;
  readonly now?: () => Date;
}

/** One write and what names it. */
export interface WriteRequest {
  readonly method?: 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  /** Absent when the request has no body. */
  readonly body?: unknown;
  /** A UUIDv7; a new one when absent. */
  readonly idempotencyKey?: string | undefined;
}

/** Signed requests to one switch. */
export interface SwitchClient {
  readonly participantId: string;
  readonly switchId: string;
  /** The key to sign with now. */
  readonly key: () => SigningKey;
  readonly switchKeys: SwitchKeys;
  readonly transport: Transport;
  readonly now: () => Date;
  read<T>(path: string, decode: (answer: Members) => T): Promise<T>;
  /** A question too long for a path: a POST that changes nothing. */
  ask<T>(
    question: { readonly path: string; readonly body: unknown },
    decode: (answer: Members) => T,
  ): Promise<T>;
  /** Retried with the same idempotency key while that can help. */
  write<T>(request: WriteRequest, decode: (answer: Members) => T): Promise<T>;
}

const firstPauseMs = 40;
const longestPauseMs = 1_000;
/** No try begins with less time than this: it could only end in a time-out and hide why the others failed. */
const leastAttemptMs = 100;
const noBody = new Uint8Array(0);

/** The signed request and answer exchange that all clients share. */
export function createSwitchClient(options: ClientOptions & { readonly transport: Transport }): SwitchClient {
  const { participantId, transport, switchId = 'barlink-switch', now = () => new Date() } = options;
  const deadlineMs = options.deadlineMs ?? 10_000;
  const switchKeys = createSwitchKeys({ switchId, pinned: options.switchKeys, transport });
  // Requests, and answers of a receiver with the same key, share signatures when many are made at once.
  const key = batchOwnKey(options.key, { issuer: participantId });
  const exchange: Exchange = { participantId, switchId, key, switchKeys, transport, now };
  const departures = createDepartures();

  const call = async <T>(message: Message, decode: (answer: Members) => T): Promise<T> => {
    const endsAtMs = performance.now() + deadlineMs;
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await sendOnce(exchange, message, { endsAtMs, departures, decode });
      } catch (error) {
        const pauseMs = pauseBefore(attempt);
        if (!isWorthRetrying(error) || performance.now() + pauseMs + leastAttemptMs >= endsAtMs) {
          throw error;
        }
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    }
  };

  return {
    ...exchange,
    read: (path, decode) => call({ method: 'GET', path, body: undefined, idempotencyKey: undefined }, decode),
    ask: ({ path, body }, decode) =>
      call({ method: 'POST', path, body: encodeBody(body), idempotencyKey: undefined }, decode),
    write: ({ method = 'POST', path, body, idempotencyKey = newMessageId(key(), now()) }, decode) => {
      const bytes = body === undefined ? undefined : encodeBody(body);
      return call({ method, path, body: bytes, idempotencyKey }, decode);
    },
  };
}

/** A new UUIDv7 for a write. Keep it with the write to be able to ask for the same answer again. */
export function newIdempotencyKey(now: Date): string {
  return formatUuid7(now.getTime(), crypto.getRandomValues(new Uint8Array(10)));
}

type Exchange = Omit<SwitchClient, 'read' | 'ask' | 'write'>;

/** A UUIDv7 from the chance of the key's provider, which on Node is drawn for many at once. */
export function newMessageId({ provider }: SigningKey, now: Date): string {
  return formatUuid7(now.getTime(), provider.randomBytes(10));
}

function encodeBody(body: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(body));
}

interface Message {
  readonly method: TransportRequest['method'];
  readonly path: string;
  readonly body: Uint8Array | undefined;
  readonly idempotencyKey: string | undefined;
}

interface Attempt<T> {
  readonly endsAtMs: number;
  readonly departures: Departures;
  readonly decode: (answer: Members) => T;
}

async function sendOnce<T>(exchange: Exchange, message: Message, attempt: Attempt<T>): Promise<T> {
  const { participantId, switchId } = exchange;
  if (message.method === 'POST') {
    await attempt.departures.turn();
  }
  const leftAtMs = performance.now();
  const key = exchange.key();
  const { method, path, body = noBody, idempotencyKey } = message;
  // spec/messages.md 3.5: a retry is signed anew and keeps its idempotency key.
  const jti = newMessageId(key, exchange.now());
  const signature = await signDetached(body, {
    key,
    issuer: participantId,
    audience: switchId,
    method,
    target: path,
    jti,
    issuedAt: exchange.now(),
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
  });
  const answer = await carry(exchange.transport, { message, signature, endsAtMs: attempt.endsAtMs });
  attempt.departures.note(performance.now() - leftAtMs);
  await assertSignedBySwitch(exchange, { answer, jti, message });
  return readAnswer(answer, message, attempt.decode);
}

async function carry(
  transport: Transport,
  { message, signature, endsAtMs }: { message: Message; signature: string; endsAtMs: number },
): Promise<TransportAnswer> {
  const { method, path, body, idempotencyKey } = message;
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), Math.max(1, endsAtMs - performance.now()));
  const headers: Record<string, string> = { 'barlink-signature': signature };
  if (body !== undefined) {
    headers['content-type'] = 'application/json';
  }
  try {
    const { signal } = abort;
    return await transport.send({ method, path, headers, signal, ...(body === undefined ? {} : { body }) });
  } catch (cause) {
    if (abort.signal.aborted) {
      throw new SdkError('SWITCH_TIMEOUT', 'The switch did not answer in time.', {
        cause,
        idempotencyKey,
        retryable: true,
      });
    }
    throw new SdkError('SWITCH_UNREACHABLE', 'The switch cannot be reached.', {
      cause,
      idempotencyKey,
      retryable: true,
    });
  } finally {
    clearTimeout(timer);
  }
}

/** What may be said without a signature: it tells nothing of the request but that it may be sent again. */
const unsignedStatuses = new Set([429, 502, 503, 504]);

async function assertSignedBySwitch(
  { switchKeys, switchId, participantId, now }: Exchange,
  { answer, jti, message }: { answer: TransportAnswer; jti: string; message: Message },
): Promise<void> {
  const { status, signature, body } = answer;
  if (signature === undefined && unsignedStatuses.has(status)) {
    // Said by something between us and the switch, or by a switch that spends nothing on an overload.
    throw new SdkError('SWITCH_UNREACHABLE', `A gateway answered ${status} for the switch.`, {
      status,
      idempotencyKey: message.idempotencyKey,
      retryable: true,
    });
  }
  try {
    await verifyAnswer(body, signature, {
      keyFor: switchKeys.keyFor,
      issuer: switchId,
      audience: participantId,
      requestId: jti,
      status,
      now: now(),
    });
  } catch (cause) {
    if (cause instanceof SdkError) {
      // The switch's keys could not be fetched: what it answered is not known, so the write is still open.
      const { idempotencyKey } = message;
      throw new SdkError(cause.code, cause.message, { cause, idempotencyKey, retryable: cause.retryable });
    }
    const claimedCode = findClaimedCode(answer);
    const claim = claimedCode === undefined ? '' : ` It claims to be a refusal: ${claimedCode}.`;
    throw new SdkError(
      'ANSWER_SIGNATURE_INVALID',
      `The answer (${status}) is not provably the switch's.${claim}`,
      {
        cause,
        status,
        claimedCode,
        idempotencyKey: message.idempotencyKey,
      },
    );
  }
}

/**
 * The switch cannot sign for a sender it does not know; what it then says helps whoever sets up a connection.
 */
function findClaimedCode({ body }: TransportAnswer): string | undefined {
  try {
    return readMembers(parseJson(body)).optionalText('code');
  } catch {
    return undefined;
  }
}

function readAnswer<T>(answer: TransportAnswer, message: Message, decode: (answer: Members) => T): T {
  const { status, body } = answer;
  try {
    if (status >= 200 && status < 300) {
      return decode(readMembers(body.length === 0 ? {} : parseJson(body)));
    }
    throw refusal(readMembers(parseJson(body)), { status, idempotencyKey: message.idempotencyKey });
  } catch (cause) {
    if (cause instanceof SdkError || !(cause instanceof ProtocolError)) {
      throw cause;
    }
    throw new SdkError('ANSWER_BODY_INVALID', `The answer (${status}) cannot be read: ${cause.message}`, {
      cause,
      status,
      path: cause.path,
      idempotencyKey: message.idempotencyKey,
    });
  }
}

function refusal(problem: Members, known: { status: number; idempotencyKey: string | undefined }): SdkError {
  return new SdkError(problem.text('code'), problem.optionalText('detail') ?? problem.text('title'), {
    ...known,
    path: problem.optionalText('path'),
    retryable: problem.optionalFlag('retryable') ?? false,
    traceId: problem.optionalText('traceId'),
  });
}

/** Network failures and refusals that may pass; a timeout has used the time up. */
function isWorthRetrying(error: unknown): boolean {
  return error instanceof SdkError && error.retryable && error.code !== 'SWITCH_TIMEOUT';
}

/** Doubles each time, with half of it left to chance so that many clients do not come back together. */
function pauseBefore(attempt: number): number {
  const wholeMs = Math.min(longestPauseMs, firstPauseMs * 2 ** attempt);
  return wholeMs / 2 + (Math.random() * wholeMs) / 2;
}
