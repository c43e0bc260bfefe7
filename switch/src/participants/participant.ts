import type { ParticipantId, Role } from '@barlink/protocol';

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
  readonly notBefore: Date;
  readonly expiresAt: Date | undefined;
  readonly revokedAt: Date | undefined;
}

/** True while signatures of the key are accepted. */
export function isKeyUsable(key: ParticipantKey, now: Date): boolean {
  return (
    key.revokedAt === undefined &&
    key.notBefore.getTime() <= now.getTime() &&
    (key.expiresAt === undefined || now.getTime() < key.expiresAt.getTime())
  );
}
