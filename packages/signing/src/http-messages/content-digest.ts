import { sha256, sha512 } from '@noble/hashes/sha2';
import { SigningError } from '../signing-error.ts';
import { encodeBytes, parseDictionary } from './structured-fields.ts';

/** The value of a `Content-Digest` field (RFC 9530) over a body, by SHA-256 or SHA-512. */
export function encodeContentDigest(body: Uint8Array, algorithm: 'sha-256' | 'sha-512' = 'sha-256'): string {
  return `${algorithm}=${encodeBytes(digests[algorithm](body))}`;
}

/**
 * Checks a body against its `Content-Digest`: every digest of an algorithm we take, and at least one.
 *
 * @throws {SigningError} `CONTENT_DIGEST_MISMATCH`, `HTTP_SIGNATURE_MALFORMED`
 */
export function assertContentDigest(body: Uint8Array, field: string): void {
  const known = [...parseDictionary(field, 'content-digest')].flatMap(([name, digest]) =>
    name === 'sha-256' || name === 'sha-512' ? [{ name, digest } as const] : [],
  );
  const fits = known.every(
    ({ name, digest }) =>
      digest instanceof Uint8Array && encodeBytes(digest) === encodeBytes(digests[name](body)),
  );
  if (known.length === 0 || !fits) {
    throw new SigningError('CONTENT_DIGEST_MISMATCH', 'The digest is not that of the body.', {
      path: 'content-digest',
    });
  }
}

const digests = { 'sha-256': sha256, 'sha-512': sha512 } as const;
