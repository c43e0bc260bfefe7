import { decodeBase64url } from './base64url.ts';
import { invalidKey } from './jwk.ts';

const base32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/**
 * The name of a key inside a code: the first 40 bits of its thumbprint in base32 (RFC 4648), 8 characters
 * that a QR symbol stores in its alphanumeric mode. It only finds the key; the signature decides.
 *
 * @throws {SigningError} `SIGNING_KEY_INVALID` when the kid is not a thumbprint
 */
export function codeKeyId(kid: string): string {
  const bytes = decodeBase64url(kid);
  if (bytes?.length !== 32) {
    throw invalidKey('The kid is not an RFC 7638 thumbprint.', '/kid');
  }
  let bits = 0n;
  for (const byte of bytes.subarray(0, 5)) {
    bits = (bits << 8n) | BigInt(byte);
  }
  return Array.from({ length: 8 }, (_, at) => base32[Number((bits >> BigInt(35 - 5 * at)) & 31n)] ?? '').join(
    '',
  );
}
