import { createCipheriv, createDecipheriv } from 'node:crypto';

/** How the vault seals: NIST SP 800-38D with a 96-bit random nonce and a 128-bit tag. */
export const sealAlgorithm = 'A256GCM';

const nonceBytes = 12;
const tagBytes = 16;

/** A key and what the sealed text belongs to; it opens only for the same `context`. */
export interface SealOptions {
  /** 32 bytes. */
  readonly key: Uint8Array;
  readonly context: readonly string[];
}

/**
 * Seals bytes: nonce, ciphertext, tag. One key may seal 2^32 texts (SP 800-38D 8.3).
 *
 * @param nonce 12 bytes, never used before with this key
 */
export function seal(plain: Uint8Array, options: SealOptions & { readonly nonce: Uint8Array }): Buffer {
  const { key, context, nonce } = options;
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes });
  cipher.setAAD(encodeContext(context));
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** Opens what `seal` made; throws when a bit of it, the key or the context is another. */
export function unseal(sealed: Uint8Array, { key, context }: SealOptions): Buffer {
  if (sealed.length < nonceBytes + tagBytes) {
    throw new Error('a sealed text is too short');
  }
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, nonceBytes), {
    authTagLength: tagBytes,
  });
  decipher.setAAD(encodeContext(context));
  decipher.setAuthTag(sealed.subarray(sealed.length - tagBytes));
  const plain = decipher.update(sealed.subarray(nonceBytes, sealed.length - tagBytes));
  return Buffer.concat([plain, decipher.final()]);
}

/** Parts with their lengths, so that no two lists make the same bytes. */
function encodeContext(context: readonly string[]): Buffer {
  return Buffer.from(context.map((part) => `${Buffer.byteLength(part)}:${part}`).join(''));
}
