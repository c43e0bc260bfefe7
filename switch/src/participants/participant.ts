import type { ParticipantId, Role } from '@barlink/protocol';
import type { KeyValidity } from '@barlink/signing';

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
