import { parseJson } from '@barlink/protocol';
import { decodeBase64url } from './base64url.ts';
import { codeKeyId } from './code-key-id.ts';
import { type Compact, decodeCompact, decodeSignature } from './compact.ts';
import type { KeyFor } from './detached.ts';
import { isAlgorithm } from './jwk.ts';
import { type PublishedJwk, publish, readValidity, unixSeconds } from './jwks.ts';
import { createKeyFactory, isKeyValid, type SigningKey, type VerificationKey } from './keys.ts';
import { SigningError } from './signing-error.ts';
import { signTyped } from './typed-jws.ts';

/** Longest time a keyset may be used, in days. */
export const keysetDaysMax = 7;

/** Longest keyset text that is read, in characters. */
const keysetCharactersMax = 4_194_304;

/** An acquirer's key for signing merchant codes. */
export interface KeysetEntry {
  /** The acquirer's six digits. */
  readonly acquirer: string;
  readonly key: VerificationKey;
}

/** What the switch signs. */
export interface CreateKeysetOptions {
  /** The switch's key. */
  readonly key: SigningKey;
  /** The switch's participant id. */
  readonly issuer: string;
  readonly issuedAt: Date;
  /** At most seven days later. */
  readonly expiresAt: Date;
  /** Ids of codes that must not be paid any more. */
  readonly revokedCodes?: readonly string[];
}

/** What a wallet knows when it gets a keyset. */
export interface VerifyKeysetOptions {
  /** The switch's keys. */
  readonly keyFor: KeyFor;
  /** The switch's participant id. */
  readonly issuer: string;
  readonly now: Date;
}

/** A verified list of who may sign merchant codes. Useless after `expiresAt`. */
export interface Keyset {
  readonly issuer: string;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
  /** The key an acquirer's code names by its eight characters. */
  findKey(acquirer: string, keyId: string): Promise<VerificationKey | undefined>;
  /** True when the switch has withdrawn this code. */
  isRevoked(codeId: string): boolean;
}

const type = 'barlink-keyset+jws';
const maxMs = keysetDaysMax * 86_400_000;

/**
 * Signs the acquirers' code keys: a compact JWS that wallets keep for offline use.
 *
 * @throws {SigningError} `KEYSET_MALFORMED` when it would be valid for over seven days or two keys share
 * their id
 */
export async function createKeyset(
  entries: readonly KeysetEntry[],
  { key, issuer, issuedAt, expiresAt, revokedCodes = [] }: CreateKeysetOptions,
): Promise<string> {
  const payload: KeysetPayload = {
    iss: issuer,
    iat: unixSeconds(issuedAt),
    exp: unixSeconds(expiresAt),
    keys: entries.map((entry) => ({ acquirer: entry.acquirer, jwk: publish(entry.key) })),
    revoked: revokedCodes,
  };
  readPayload(payload);
  return signTyped(type, payload, key);
}

/**
 * Verifies a keyset of the switch.
 *
 * @throws {SigningError} `KEYSET_MALFORMED`, `SIGNATURE_KEY_UNKNOWN`, `SIGNATURE_ALGORITHM_NOT_ALLOWED`,
 *   `SIGNATURE_INVALID`, `SIGNATURE_KEY_NOT_VALID`, `KEYSET_EXPIRED`, in this order
 */
export async function verifyKeyset(text: string, options: VerifyKeysetOptions): Promise<Keyset> {
  const { header, headerSegment, payloadSegment, signatureSegment } = takeApart(text);
  const { kid, alg, typ } = header;
  if (typeof kid !== 'string' || typ !== type || Object.keys(header).length !== 3 || !isAlgorithm(alg)) {
    throw malformedKeyset('The protected header is not that of a keyset.');
  }
  const bytes = decodeBase64url(payloadSegment);
  if (bytes === undefined) {
    throw malformedKeyset('The payload is not strict base64url.');
  }
  const signature = reading(() => decodeSignature(signatureSegment));
  const key = await options.keyFor(kid, options.issuer);
  if (key === undefined || key.kid !== kid) {
    throw new SigningError('SIGNATURE_KEY_UNKNOWN', 'The keyset is not signed with a key of the switch.');
  }
  if (key.algorithm !== alg) {
    throw new SigningError('SIGNATURE_ALGORITHM_NOT_ALLOWED', 'The key has another algorithm.');
  }
  if (!(await key.verify(key.provider.encodeAscii(`${headerSegment}.${payloadSegment}`), signature))) {
    throw new SigningError('SIGNATURE_INVALID', 'The signature does not fit the keyset.');
  }
  const payload = readPayload(reading(() => parseJson(bytes)));
  if (payload.iss !== options.issuer) {
    throw malformedKeyset('The keyset is another issuer\u2019s.');
  }
  const keyset = createView(payload, key);
  if (!isKeyValid(key, { signedAt: keyset.issuedAt.getTime(), now: options.now })) {
    throw new SigningError('SIGNATURE_KEY_NOT_VALID', 'The switch\u2019s key was not valid then.');
  }
  assertFresh(keyset, options.now);
  return keyset;
}

/**
 * Asked before every use of a keyset, because it grows old in memory.
 *
 * @throws {SigningError} `KEYSET_EXPIRED`, also when the clock stands over 300 seconds before its making
 */
export function assertFresh({ issuedAt, expiresAt }: Keyset, now: Date): void {
  const isFresh = now < expiresAt && now.getTime() >= issuedAt.getTime() - 300_000;
  if (!isFresh) {
    throw new SigningError(
      'KEYSET_EXPIRED',
      'The keyset is too old, or the clock is wrong: fetch a new one.',
    );
  }
}

interface KeysetPayload {
  readonly iss: string;
  readonly iat: number;
  readonly exp: number;
  readonly keys: readonly { readonly acquirer: string; readonly jwk: PublishedJwk }[];
  readonly revoked: readonly string[];
}

function takeApart(text: string): Compact {
  if (text.length > keysetCharactersMax) {
    throw malformedKeyset(`The keyset is longer than ${keysetCharactersMax} characters.`);
  }
  return reading(() => decodeCompact(text));
}

/** Whatever is wrong with the form of a keyset has one code. */
function reading<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new SigningError('KEYSET_MALFORMED', 'The text is not a keyset.', { cause });
  }
}

function readPayload(value: unknown): KeysetPayload {
  const payload = value as KeysetPayload;
  const { iss, iat, exp, keys, revoked } = payload ?? {};
  const hasForm =
    typeof iss === 'string' &&
    Number.isSafeInteger(iat) &&
    Number.isSafeInteger(exp) &&
    Array.isArray(keys) &&
    keys.every((entry) => /^[0-9]{6}$/.test(entry?.acquirer) && typeof entry.jwk?.kid === 'string') &&
    Array.isArray(revoked) &&
    revoked.every((id) => /^[0-9A-HJKMNP-TV-Z]{16}$/.test(id));
  if (!hasForm) {
    throw malformedKeyset('The keyset\u2019s members are not of their form.');
  }
  if (exp <= iat || (exp - iat) * 1000 > maxMs) {
    throw malformedKeyset(`A keyset is valid for at most ${keysetDaysMax} days.`);
  }
  if (new Set(keys.map(entryName)).size !== keys.length) {
    throw malformedKeyset('Two keys of one acquirer have the same id.');
  }
  return payload;
}

/** What a code names its key by. */
function entryName({ acquirer, jwk }: KeysetPayload['keys'][number]): string {
  return `${acquirer}/${reading(() => codeKeyId(jwk.kid ?? ''))}`;
}

function createView({ iss, iat, exp, keys, revoked }: KeysetPayload, { provider }: VerificationKey): Keyset {
  const factory = createKeyFactory(provider);
  const entries = new Map(keys.map((entry) => [entryName(entry), entry.jwk]));
  const imported = new Map<string, Promise<VerificationKey>>();
  const withdrawn = new Set(revoked);
  return {
    issuer: iss,
    issuedAt: new Date(iat * 1000),
    expiresAt: new Date(exp * 1000),
    isRevoked: (codeId) => withdrawn.has(codeId),
    async findKey(acquirer, keyId) {
      const name = `${acquirer}/${keyId}`;
      const jwk = entries.get(name);
      if (jwk === undefined) {
        return undefined;
      }
      const key = imported.get(name) ?? factory.importVerificationKey(jwk, readValidity(jwk, '/jwk'));
      imported.set(name, key);
      return key;
    },
  };
}

function malformedKeyset(message: string): SigningError {
  return new SigningError('KEYSET_MALFORMED', message);
}
