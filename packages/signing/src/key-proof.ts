import { parseJson } from '@barlink/protocol';
import { signatureWindowSeconds } from './detached.ts';
import { unixSeconds } from './jwks.ts';
import type { SigningKey, VerificationKey } from './keys.ts';
import { SigningError } from './signing-error.ts';
import { decodeTyped, isSignedBy, signTyped } from './typed-jws.ts';

/** What a participant proves about a key it wants to have entered. */
export interface KeyProofClaims {
  /** The participant whose key it is to be. */
  readonly participantId: string;
  /** The switch that is to enter it. */
  readonly audience: string;
  readonly use: 'messages' | 'codes';
}

const typ = 'barlink-key-proof+jws';
const charactersMax = 2048;

/**
 * Proves that one holds a new key: a compact JWS made with it. Nobody can enter another's public key as his.
 *
 * @example `proof: await signKeyProof(newKey, { participantId, audience: 'barlink-switch', use: 'messages'
 * })`
 */
export function signKeyProof(
  key: SigningKey,
  claims: KeyProofClaims,
  issuedAt: Date = new Date(),
): Promise<string> {
  const { participantId: iss, audience: aud, use } = claims;
  return signTyped(typ, { iss, aud, use, iat: unixSeconds(issuedAt) }, key);
}

/**
 * Checks such a proof with the key it is about.
 *
 * @throws {SigningError} `SIGNING_KEY_UNPROVEN`: another key, participant, switch or use, over 300 seconds
 * from now, or a signature that does not fit
 */
export async function verifyKeyProof(
  text: string,
  proven: KeyProofClaims & { readonly key: VerificationKey; readonly now: Date },
): Promise<void> {
  if (!(await isProof(text, proven).catch(() => false))) {
    throw new SigningError('SIGNING_KEY_UNPROVEN', 'The proof does not show that the sender holds the key.');
  }
}

async function isProof(
  text: string,
  proven: KeyProofClaims & { readonly key: VerificationKey; readonly now: Date },
): Promise<boolean> {
  const { key, participantId, audience, use, now } = proven;
  const document = decodeTyped(text, { typ, charactersMax });
  const claims = parseJson(document.payload) as Readonly<Record<string, unknown>>;
  return (
    document.kid === key.kid &&
    document.algorithm === key.algorithm &&
    claims.iss === participantId &&
    claims.aud === audience &&
    claims.use === use &&
    Number.isSafeInteger(claims.iat) &&
    Math.abs(now.getTime() / 1000 - (claims.iat as number)) <= signatureWindowSeconds &&
    Object.keys(claims).length === 4 &&
    (await isSignedBy(document, key))
  );
}
