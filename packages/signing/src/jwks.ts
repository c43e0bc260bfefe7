import type { PublicJwk } from './jwk.ts';
import { invalidKey } from './jwk.ts';
import type { KeyFactory, KeyValidity, VerificationKey } from './keys.ts';

/** A public key as a participant or the switch publishes it; `nbf` and `exp` are Unix seconds. */
export interface PublishedJwk extends PublicJwk {
  readonly nbf?: number;
  readonly exp?: number;
}

/** A JSON Web Key Set (RFC 7517 section 5). */
export interface Jwks {
  readonly keys: readonly PublishedJwk[];
}

/**
 * How long an old key stays valid beside its successor, in hours, so that no message under way is refused.
 */
export const keyOverlapHours = 24;

/** Most keys a set may hold. */
const keysMax = 64;

/** A public key and when it counts, which is all that is published of it. */
export type DatedPublicKey = Pick<VerificationKey, 'publicJwk'> & KeyValidity;

/** Keys -> the set to publish. A revoked key stays in it and counts at no time: its `exp` is 0. */
export function encodeJwks(keys: readonly DatedPublicKey[]): Jwks {
  return { keys: keys.map(publish) };
}

/**
 * A published set -> keys by kid.
 *
 * @throws {SigningError} `SIGNING_KEY_INVALID`, its path naming the key
 */
export async function importJwks(factory: KeyFactory, value: unknown): Promise<Map<string, VerificationKey>> {
  const list = (value as { readonly keys?: unknown } | null)?.keys;
  if (!Array.isArray(list) || list.length > keysMax) {
    throw invalidKey(`The set is not a list of at most ${keysMax} keys.`, '/keys');
  }
  const keys = await Promise.all(
    list.map((jwk: unknown, at) => factory.importVerificationKey(jwk, readValidity(jwk, `/keys/${at}`))),
  );
  const byKid = new Map(keys.map((key) => [key.kid, key]));
  if (byKid.size !== keys.length) {
    throw invalidKey('The set holds a key twice.', '/keys');
  }
  return byKid;
}

/**
 * The validity members of a published key.
 *
 * @throws {SigningError} `SIGNING_KEY_INVALID`
 */
export function readValidity(jwk: unknown, path: string): KeyValidity {
  const { nbf, exp } = (jwk ?? {}) as { readonly nbf?: unknown; readonly exp?: unknown };
  const notBefore = readInstant(nbf, `${path}/nbf`);
  const expiresAt = readInstant(exp, `${path}/exp`);
  return {
    ...(notBefore === undefined ? {} : { notBefore }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
  };
}

/** A key with the members that tell when it counts (spec/signing.md 2.4 and 2.6). */
export function publish({ publicJwk, notBefore, expiresAt, revokedAt }: DatedPublicKey): PublishedJwk {
  if (revokedAt !== undefined) {
    return { ...publicJwk, exp: 0 };
  }
  return {
    ...publicJwk,
    ...(notBefore === undefined ? {} : { nbf: unixSeconds(notBefore) }),
    ...(expiresAt === undefined ? {} : { exp: unixSeconds(expiresAt) }),
  };
}

/** Whole seconds since 1970, rounded down. */
export function unixSeconds(instant: Date): number {
  return Math.floor(instant.getTime() / 1000);
}

function readInstant(seconds: unknown, path: string): Date | undefined {
  if (seconds === undefined) {
    return undefined;
  }
  if (!Number.isSafeInteger(seconds) || (seconds as number) < 0 || (seconds as number) > 8.64e12) {
    throw invalidKey('The instant is not in whole Unix seconds.', path);
  }
  return new Date((seconds as number) * 1000);
}
