import { ed25519 } from '@noble/curves/ed25519';
import { p256 } from '@noble/curves/nist';
import { sha256 } from '@noble/hashes/sha2';
import { binaryBytes, encodeBase64url } from './base64url.ts';
import type { CryptoProvider, Signer, Verifier } from './crypto-provider.ts';
import { coordinateBytes, type PrivateJwk, type PublicJwk } from './jwk.ts';
import { concatBytes, type Sm2Public } from './sm2.ts';
import { createPortableSm2Signer, createPortableSm2Verifier, generatePortableSm2 } from './sm2-portable.ts';

/**
 * Plain JavaScript, for browsers and React Native: needs no crypto.subtle, only `crypto.getRandomValues`
 * (in React Native the package react-native-get-random-values gives it), and that only to make keys, ids
 * and SM2 signatures.
 */
export const portableProvider: CryptoProvider = {
  name: 'portable',
  randomBytes,
  sha256,
  encodeBase64url,
  encodeAscii: binaryBytes,
  async generate(algorithm) {
    switch (algorithm) {
      case 'ES256': {
        const d = p256.utils.randomSecretKey(randomBytes(48));
        const point = p256.getPublicKey(d, false);
        return ecJwk('P-256', { x: point.subarray(1, 33), y: point.subarray(33), d });
      }
      case 'EdDSA': {
        const d = randomBytes(32);
        const x = encodeBase64url(ed25519.getPublicKey(d));
        return { kty: 'OKP', crv: 'Ed25519', x, d: encodeBase64url(d) };
      }
      case 'SM2SM3':
        return ecJwk('SM2', generatePortableSm2(randomBytes));
      default:
        return algorithm satisfies never;
    }
  },
  async createSigner(algorithm, jwk): Promise<Signer> {
    const d = coordinateBytes(jwk.d);
    switch (algorithm) {
      case 'ES256':
        return async (bytes) => p256.sign(sha256(bytes), d, { lowS: false }).toBytes('compact');
      case 'EdDSA':
        return async (bytes) => ed25519.sign(bytes, d);
      case 'SM2SM3':
        return createPortableSm2Signer({ ...points(jwk), d }, randomBytes);
      default:
        return algorithm satisfies never;
    }
  },
  async createVerifier(algorithm, jwk): Promise<Verifier> {
    switch (algorithm) {
      case 'ES256':
        return p256Verifier(points(jwk));
      case 'EdDSA':
        return ed25519Verifier(coordinateBytes(jwk.x));
      case 'SM2SM3':
        return createPortableSm2Verifier(points(jwk));
      default:
        return algorithm satisfies never;
    }
  },
};

function p256Verifier(key: Sm2Public): Verifier {
  const point = concatBytes([Uint8Array.of(4), key.x, key.y]);
  p256.Point.fromBytes(point);
  return async (bytes, signature) => p256.verify(signature, sha256(bytes), point, { lowS: false });
}

function ed25519Verifier(x: Uint8Array): Verifier {
  ed25519.Point.fromBytes(x);
  // RFC 8032 without the laxer ZIP 215 rules.
  return async (bytes, signature) => ed25519.verify(signature, bytes, x, { zip215: false });
}

function points(jwk: PublicJwk): Sm2Public {
  return { x: coordinateBytes(jwk.x), y: coordinateBytes(jwk.y) };
}

function ecJwk(
  crv: 'P-256' | 'SM2',
  key: { readonly x: Uint8Array; readonly y: Uint8Array; readonly d: Uint8Array },
): PrivateJwk {
  return { kty: 'EC', crv, x: encodeBase64url(key.x), y: encodeBase64url(key.y), d: encodeBase64url(key.d) };
}

function randomBytes(length: number): Uint8Array {
  return globalThis.crypto.getRandomValues(new Uint8Array(length));
}
