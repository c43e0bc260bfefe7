import type { ParticipantId, Role } from '@barlink/protocol';
import type { KeyValidity } from '@barlink/signing';
import { ParticipantError } from './errors.ts';

/** An institution connected to the switch. */
export interface Participant {
  readonly id: ParticipantId;
  readonly name: string;
  /** Six digits that stand for it in payment codes. */
  readonly number: string;
  readonly roles: readonly Role[];
  /** Where its receiver answers. */
  readonly url: string;
  readonly state: 'active' | 'suspended';
  readonly createdAt: Date;
}

/** How participants may be reached: over TLS only where the network's TLS is mutual, else in clear too. */
export type Ways = 'tls' | 'any';

/**
 * spec/certificates.md 5.1: where TLS is mutual nobody is called in clear.
 *
 * @throws {ParticipantError} `PARTICIPANT_URL_INSECURE`
 */
export function assertWay(url: string, ways: Ways): void {
  if (ways === 'tls' && !/^https:/i.test(url)) {
    throw new ParticipantError('PARTICIPANT_URL_INSECURE', { path: '/url' });
  }
}

/** What a participant's key signs: messages to the switch, or merchant codes. */
export type KeyUse = 'messages' | 'codes';

/** A public key of a participant. */
export interface ParticipantKey {
  readonly kid: string;
  readonly participantId: ParticipantId;
  readonly use: KeyUse;
  readonly jwk: Readonly<Record<string, unknown>>;
  readonly registeredAt: Date;
  readonly notBefore: Date | undefined;
  readonly expiresAt: Date | undefined;
  readonly revokedAt: Date | undefined;
}

/** When a key counts, as `@barlink/signing` judges it. */
export function validityOf({ notBefore, expiresAt, revokedAt }: ParticipantKey): KeyValidity {
  return {
    ...(notBefore === undefined ? {} : { notBefore }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(revokedAt === undefined ? {} : { revokedAt }),
  };
}
