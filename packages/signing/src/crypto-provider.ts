import type { PrivateJwk, PublicJwk } from './jwk.ts';

/** Signature algorithms of the network; each key has exactly one. */
export type Algorithm = 'ES256' | 'EdDSA' | 'SM2SM3';

/** Signs bytes; every algorithm gives 64 raw bytes (r || s, or R || S for EdDSA). */
export type Signer = (bytes: Uint8Array) => Promise<Uint8Array>;

/** Checks 64 raw signature bytes over `bytes`. */
export type Verifier = (bytes: Uint8Array, signature: Uint8Array) => Promise<boolean>;

/**
 * The cryptography a platform offers, the only place where this package touches one.
 *
 * `@barlink/signing` picks node:crypto on Node and the portable provider under the export conditions
 * `browser` and `react-native`; {@link createKeyFactory} takes any other, for example one backed by a
 * secure element.
 */
export interface CryptoProvider {
  /** For messages, for example `node`. */
  readonly name: string;
  /** Cryptographically strong random bytes. */
  randomBytes(length: number): Uint8Array;
  /** SHA-256 of bytes. */
  sha256(bytes: Uint8Array): Uint8Array;
  /** Base64url without padding. */
  encodeBase64url(bytes: Uint8Array): string;
  /** The bytes of a text in which every character is ASCII. */
  encodeAscii(text: string): Uint8Array;
  /** A new key pair as a private JWK with canonical members. */
  generate(algorithm: Algorithm): Promise<PrivateJwk>;
  /** Rejects when the key is unusable. */
  createSigner(algorithm: Algorithm, key: PrivateJwk): Promise<Signer>;
  /** Rejects when the key is not a point of its curve. */
  createVerifier(algorithm: Algorithm, key: PublicJwk): Promise<Verifier>;
}
