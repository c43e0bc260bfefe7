import { hash } from 'node:crypto';
import { type ParticipantId, uuid7TimeMs } from '@barlink/protocol';
import { verifyDetached } from '@barlink/signing';
import {
  idempotencyKeyAgeMaxMs,
  idempotencyKeyAheadMaxMs,
  type SignedMessage,
  type WriteMessage,
} from '../audit/index.ts';
import type { Participant, ParticipantRegistry } from '../participants/index.ts';
import { HttpError } from './errors.ts';

/** What of a request its sender has signed. */
export interface ReceivedRequest {
  readonly method: string;
  readonly target: string;
  readonly signature: string;
  readonly body: Uint8Array;
  readonly receivedAt: Date;
}

/** A verified message, who sent it and, on writes, its idempotency key as claimed. */
export interface Authenticated {
  readonly sender: Participant;
  readonly message: SignedMessage;
  readonly idempotencyKey: string | undefined;
}

/**
 * Finds out who sent a request (spec/messages.md 2, check 2).
 *
 * @throws {SigningError} any `SIGNATURE_...` code
 */
export async function authenticate(
  request: ReceivedRequest,
  options: { readonly registry: ParticipantRegistry; readonly switchId: string },
): Promise<Authenticated> {
  const { registry, switchId } = options;
  const verified = await verifyDetached(request.body, request.signature, {
    keyFor: (kid, issuer) => registry.findMessageKey(kid, issuer),
    audience: switchId,
    method: request.method,
    target: request.target,
    now: request.receivedAt,
  });
  const sender = registry.find(verified.issuer);
  if (sender === undefined) {
    throw new Error(`the key ${verified.kid} belongs to no participant`);
  }
  const { kid, jti } = verified;
  return {
    sender,
    message: { sender: sender.id, kid, jti, ...request },
    idempotencyKey: verified.idempotencyKey,
  };
}

/**
 * Check 2, with TLS: the certificate is the sender's own.
 *
 * @throws {HttpError} `TLS_CERTIFICATE_MISMATCH`
 */
export function assertOwner(sender: Participant, owner: ParticipantId | undefined): void {
  if (owner !== undefined && owner !== sender.id) {
    throw new HttpError('TLS_CERTIFICATE_MISMATCH');
  }
}

/** Check 3. @throws {HttpError} `SENDER_SUSPENDED`, `SENDER_ROLE_FORBIDDEN` */
export function assertMay(sender: Participant, roles: readonly string[]): void {
  if (sender.state !== 'active') {
    throw new HttpError('SENDER_SUSPENDED');
  }
  if (!sender.roles.some((role) => roles.includes(role))) {
    throw new HttpError('SENDER_ROLE_FORBIDDEN');
  }
}

/**
 * Completes a write; a signature whose idk is no UUIDv7 was refused before.
 *
 * @throws {HttpError} `IDEMPOTENCY_KEY_MISSING`, `IDEMPOTENCY_KEY_STALE`
 */
export function toWriteMessage({ message, idempotencyKey }: Authenticated): WriteMessage {
  if (idempotencyKey === undefined) {
    throw new HttpError('IDEMPOTENCY_KEY_MISSING');
  }
  const ageMs = message.receivedAt.getTime() - uuid7TimeMs(idempotencyKey);
  if (ageMs > idempotencyKeyAgeMaxMs || ageMs < -idempotencyKeyAheadMaxMs) {
    throw new HttpError('IDEMPOTENCY_KEY_STALE');
  }
  const { method, target, body } = message;
  const input = Buffer.concat([Buffer.from(`${method}\n${target}\n`), body]);
  const fingerprint = Buffer.from(hash('sha256', input, 'binary'), 'latin1');
  return { idempotencyKey, fingerprint, ...message };
}
