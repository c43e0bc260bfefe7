import { createCipheriv, createDecipheriv, createHmac, timingSafeEqual } from 'node:crypto';
import { VaultError } from './errors.ts';

/**
 * How the vault seals. `A256GCM`: NIST SP 800-38D with a 96-bit random nonce and a 128-bit tag.
 * `SM4CBC-HSM3`:
 * SM4 in CBC mode (GB/T 32907) under a random 128-bit vector, then HMAC-SM3 (GB/T 32905) over context, vector
 * and ciphertext, each of the two under a key of its own.
 */
export type SealAlgorithm = 'A256GCM' | 'SM4CBC-HSM3';

/** A key and what the sealed text belongs to; it opens only for the same `context`. */
export interface SealOptions {
  /** 32 bytes. */
  readonly key: Uint8Array;
  readonly algorithm: SealAlgorithm;
  readonly context: readonly string[];
}

interface Seal {
  /** Bytes of the nonce or vector. */
  readonly nonceBytes: number;
  readonly tagBytes: number;
  /** Ciphertext and tag. */
  seal(plain: Uint8Array, key: Uint8Array, bound: { nonce: Uint8Array; context: Buffer }): Buffer;
  open(sealed: Uint8Array, key: Uint8Array, bound: { nonce: Uint8Array; context: Buffer }): Buffer;
}

/**
 * Seals bytes: nonce, ciphertext, tag. One key may seal 2^32 texts (SP 800-38D 8.3).
 *
 * @param randomBytes gives the nonce
 */
export function seal(
  plain: Uint8Array,
  options: SealOptions & { readonly randomBytes: (length: number) => Uint8Array },
): Buffer {
  const { key, algorithm, context, randomBytes } = options;
  const kind = seals[algorithm];
  const nonce = randomBytes(kind.nonceBytes);
  return Buffer.concat([nonce, kind.seal(plain, key, { nonce, context: encodeContext(context) })]);
}

/** Opens what `seal` made; throws when a bit of it, the key or the context is another. */
export function unseal(sealed: Uint8Array, { key, algorithm, context }: SealOptions): Buffer {
  const kind = seals[algorithm];
  if (sealed.length < kind.nonceBytes + kind.tagBytes) {
    throw new Error('a sealed text is too short');
  }
  const nonce = sealed.subarray(0, kind.nonceBytes);
  return kind.open(sealed.subarray(kind.nonceBytes), key, { nonce, context: encodeContext(context) });
}

/**
 * Returns when the crypto library can seal so.
 *
 * @throws {VaultError} `VAULT_PROFILE_UNAVAILABLE` when the crypto library lacks a cipher of it
 */
export function assertSealAvailable(
  algorithm: SealAlgorithm,
  library: { readonly ciphers: readonly string[]; readonly hashes: readonly string[] },
): void {
  const [cipher, hash] = algorithm === 'A256GCM' ? ['aes-256-gcm', 'sha256'] : ['sm4-cbc', 'sm3'];
  if (!library.ciphers.includes(cipher) || !library.hashes.includes(hash)) {
    throw new VaultError('VAULT_PROFILE_UNAVAILABLE');
  }
}

const gcmTagBytes = 16;
const blockBytes = 16;

const seals: Readonly<Record<SealAlgorithm, Seal>> = {
  A256GCM: {
    nonceBytes: 12,
    tagBytes: gcmTagBytes,
    seal(plain, key, { nonce, context }) {
      const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: gcmTagBytes });
      cipher.setAAD(context);
      return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
    },
    open(sealed, key, { nonce, context }) {
      const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: gcmTagBytes });
      decipher.setAAD(context);
      decipher.setAuthTag(sealed.subarray(sealed.length - gcmTagBytes));
      const plain = decipher.update(sealed.subarray(0, sealed.length - gcmTagBytes));
      // Gives no more bytes; throws when the tag is another.
      decipher.final();
      return plain;
    },
  },
  'SM4CBC-HSM3': {
    nonceBytes: blockBytes,
    tagBytes: 32,
    seal(plain, key, { nonce, context }) {
      const cipher = createCipheriv('sm4-cbc', sm4Key(key), nonce);
      const text = Buffer.concat([cipher.update(plain), cipher.final()]);
      return Buffer.concat([text, sm3Tag(key, { nonce, context, text })]);
    },
    open(sealed, key, { nonce, context }) {
      const text = sealed.subarray(0, sealed.length - 32);
      // The tag first: nothing is decrypted, and no padding looked at, that we did not seal.
      if (!timingSafeEqual(sealed.subarray(sealed.length - 32), sm3Tag(key, { nonce, context, text }))) {
        throw new Error('a sealed text was changed');
      }
      const decipher = createDecipheriv('sm4-cbc', sm4Key(key), nonce);
      return Buffer.concat([decipher.update(text), decipher.final()]);
    },
  },
};

/** spec/tokens.md 1.3: two keys of one, so that cipher and tag do not share theirs. */
function sm4Key(key: Uint8Array): Buffer {
  return createHmac('sm3', key).update('barlink sm4-cbc').digest().subarray(0, 16);
}

function sm3Tag(
  key: Uint8Array,
  bound: { readonly nonce: Uint8Array; readonly context: Buffer; readonly text: Uint8Array },
): Buffer {
  const tagKey = createHmac('sm3', key).update('barlink hmac-sm3').digest();
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bound.context.length);
  return createHmac('sm3', tagKey)
    .update(length)
    .update(bound.context)
    .update(bound.nonce)
    .update(bound.text)
    .digest();
}

/** Parts with their lengths, so that no two lists make the same bytes. */
export function encodeContext(context: readonly string[]): Buffer {
  return Buffer.from(context.map((part) => `${Buffer.byteLength(part)}:${part}`).join(''));
}
