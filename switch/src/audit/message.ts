import type { ParticipantId } from '@barlink/protocol';

/** A request whose signature was verified: who sent which bytes where, and the proof. */
export interface SignedMessage {
  readonly sender: ParticipantId;
  readonly kid: string;
  readonly jti: string;
  readonly method: string;
  /** Path and query as received. */
  readonly target: string;
  readonly body: Uint8Array;
  /** The detached JWS as received. */
  readonly signature: string;
  readonly receivedAt: Date;
}

/** A verified request that may change something: it carries an idempotency key. */
export interface WriteMessage extends SignedMessage {
  readonly idempotencyKey: string;
  /** SHA-256 over method, target and body. */
  readonly fingerprint: Uint8Array;
}

/** What was kept of an earlier message with the same key. */
export interface KeptMessage {
  readonly jti: string;
  readonly fingerprint: Uint8Array;
  readonly subject: string;
  readonly answer: KeptAnswer | undefined;
}

/** An answer as it was given. */
export interface KeptAnswer {
  readonly status: number;
  readonly body: string;
}

/** Oldest and newest time an idempotency key may carry (spec/messages.md 3.4). */
export const idempotencyKeyAgeMaxMs = 24 * 60 * 60 * 1000;
/** How far ahead of our clock it may be. */
export const idempotencyKeyAheadMaxMs = 5 * 60 * 1000;

/** Decides what an earlier message with the same sender and key means for this one (spec/messages.md 3). */
export function compareWithKept(
  message: WriteMessage,
  kept: KeptMessage,
): 'SIGNATURE_REPLAYED' | 'IDEMPOTENCY_KEY_CONFLICT' | 'same' {
  if (kept.jti === message.jti) {
    return 'SIGNATURE_REPLAYED';
  }
  return Buffer.compare(kept.fingerprint, message.fingerprint) === 0 ? 'same' : 'IDEMPOTENCY_KEY_CONFLICT';
}
