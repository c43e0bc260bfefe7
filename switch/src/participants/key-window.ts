import { keyOverlapHours } from '@barlink/signing';
import type { KeyUse, ParticipantKey } from './participant.ts';

/** From when until when a key is to count; without a start it counts for whatever it signed earlier, too. */
export interface KeyWindow {
  readonly notBefore: Date | undefined;
  readonly expiresAt: Date | undefined;
}

/** Keys a participant may have at once for one use; a published set holds at most 64. */
export const keysPerUseMax = 16;

const overlapMs = keyOverlapHours * 60 * 60 * 1000;

/** What speaks against a change of keys. */
export type KeyObjection =
  | 'PARTICIPANT_KEY_TIME_INVALID'
  | 'PARTICIPANT_KEY_OVERLAP_SHORT'
  | 'PARTICIPANT_KEYS_TOO_MANY';

/**
 * Decides whether a key may be entered beside the owner's others (spec/signing.md 2.5): it counts for at
 * least
 * 24 hours, and when it says from when, it does so 24 hours before the last of the older ones ends.
 */
export function decideNewKey(
  wanted: KeyWindow & { readonly use: KeyUse },
  owned: readonly ParticipantKey[],
  now: Date,
): KeyObjection | 'allowed' {
  const { notBefore, expiresAt, use } = wanted;
  const begins = notBefore?.getTime() ?? now.getTime();
  if (expiresAt !== undefined && expiresAt.getTime() < Math.max(begins, now.getTime()) + overlapMs) {
    return 'PARTICIPANT_KEY_TIME_INVALID';
  }
  const others = listCounting(owned, use, now);
  if (others.length >= keysPerUseMax) {
    return 'PARTICIPANT_KEYS_TOO_MANY';
  }
  const lastEnd = Math.max(...others.map(endOf));
  return notBefore !== undefined && others.length > 0 && begins > lastEnd - overlapMs
    ? 'PARTICIPANT_KEY_OVERLAP_SHORT'
    : 'allowed';
}

/**
 * Decides whether a key may end at an instant: ahead of now, and with another of the same use that counts
 * from at least 24 hours before it and goes on beyond it. Ending a key at once is revoking it.
 */
export function decideKeyEnd(
  ending: ParticipantKey,
  expiresAt: Date,
  owned: readonly ParticipantKey[],
  now: Date,
): KeyObjection | 'allowed' {
  if (expiresAt <= now || (ending.notBefore !== undefined && expiresAt <= ending.notBefore)) {
    return 'PARTICIPANT_KEY_TIME_INVALID';
  }
  const isSuccessor = (key: ParticipantKey) =>
    key.kid !== ending.kid &&
    beginOf(key) <= expiresAt.getTime() - overlapMs &&
    endOf(key) > expiresAt.getTime();
  return listCounting(owned, ending.use, now).some(isSuccessor) ? 'allowed' : 'PARTICIPANT_KEY_OVERLAP_SHORT';
}

/** Keys of a use that count now or will. */
function listCounting(owned: readonly ParticipantKey[], use: KeyUse, now: Date): readonly ParticipantKey[] {
  return owned.filter((key) => key.use === use && key.revokedAt === undefined && endOf(key) > now.getTime());
}

/** A successor counts for this rule from when the switch knew it. */
function beginOf({ notBefore, registeredAt }: ParticipantKey): number {
  return Math.max(notBefore?.getTime() ?? 0, registeredAt.getTime());
}

function endOf({ expiresAt }: ParticipantKey): number {
  return expiresAt?.getTime() ?? Number.POSITIVE_INFINITY;
}
