import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  hash,
  type KeyObject,
  randomFillSync,
  sign,
  verify,
} from 'node:crypto';
import { promisify } from 'node:util';
import { binaryBytes } from './base64url.ts';
import type { Algorithm, CryptoProvider, Signer, Verifier } from './crypto-provider.ts';
import { coordinateBytes, type PrivateJwk, type PublicJwk } from './jwk.ts';
import type { Sm2Private, Sm2Public } from './sm2.ts';
import { createNodeSm2Signer, createNodeSm2Verifier, isNodeSm2Right } from './sm2-node.ts';
import { createPortableSm2Signer, createPortableSm2Verifier, generatePortableSm2 } from './sm2-portable.ts';

/** node:crypto. ES256 and EdDSA run in libuv's thread pool when several come at once; SM2 never does. */
export const nodeProvider: CryptoProvider = {
  name: 'node',
  randomBytes: pooledRandomBytes,
  // Asked for a buffer, node makes one outside the heap: five times the cost of the hash itself.
  sha256: (bytes) => binaryBytes(hash('sha256', bytes, 'binary')),
  encodeBase64url: (bytes) =>
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64url'),
  encodeAscii: (text) => Buffer.from(text, 'latin1'),
  async generate(algorithm) {
    if (algorithm === 'SM2SM3') {
      return sm2Jwk(generatePortableSm2(pooledRandomBytes));
    }
    const pair =
      algorithm === 'ES256'
        ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
        : generateKeyPairSync('ed25519');
    return pair.privateKey.export({ format: 'jwk' }) as unknown as PrivateJwk;
  },
  async createSigner(algorithm, jwk) {
    if (algorithm === 'SM2SM3') {
      const key = { ...sm2Public(jwk), d: coordinateBytes(jwk.d) };
      return isNodeSm2Right() ? createNodeSm2Signer(key) : createPortableSm2Signer(key, pooledRandomBytes);
    }
    return createFastSigner(algorithm, createPrivateKey({ key: { ...jwk }, format: 'jwk' }));
  },
  async createVerifier(algorithm, jwk) {
    if (algorithm === 'SM2SM3') {
      const key = sm2Public(jwk);
      return isNodeSm2Right() ? createNodeSm2Verifier(key) : createPortableSm2Verifier(key);
    }
    return createFastVerifier(algorithm, createPublicKey({ key: { ...jwk }, format: 'jwk' }));
  },
};

const signInPool = promisify(sign);
const verifyInPool = promisify(verify);

function createFastSigner(algorithm: Exclude<Algorithm, 'SM2SM3'>, key: KeyObject): Signer {
  const digest = algorithm === 'ES256' ? 'sha256' : null;
  const input = { key, dsaEncoding: 'ieee-p1363' } as const;
  return async (bytes) => (isFirstOfTurn() ? sign(digest, bytes, input) : signInPool(digest, bytes, input));
}

function createFastVerifier(algorithm: Exclude<Algorithm, 'SM2SM3'>, key: KeyObject): Verifier {
  const digest = algorithm === 'ES256' ? 'sha256' : null;
  const input = { key, dsaEncoding: 'ieee-p1363' } as const;
  return async (bytes, signature) =>
    isFirstOfTurn() ? verify(digest, bytes, input, signature) : verifyInPool(digest, bytes, input, signature);
}

let isTurnUsed = false;

/**
 * One signature in a turn of the event loop is made or checked on the main thread: waking a thread of the
 * pool costs as much as the signature. What comes together beyond it runs in the pool, so a crowd holds the
 * loop up for no longer than one signature a turn.
 */
function isFirstOfTurn(): boolean {
  if (isTurnUsed) {
    return false;
  }
  isTurnUsed = true;
  setImmediate(() => {
    isTurnUsed = false;
  });
  return true;
}

function sm2Public(jwk: PublicJwk): Sm2Public {
  return { x: coordinateBytes(jwk.x), y: coordinateBytes(jwk.y) };
}

function sm2Jwk(key: Sm2Private): PrivateJwk {
  const { encodeBase64url: encode } = nodeProvider;
  return { kty: 'EC', crv: 'SM2', x: encode(key.x), y: encode(key.y), d: encode(key.d) };
}

const poolBytes = 4096;
let pool = Buffer.alloc(0);

/** One system call per 4 KiB; a handed-out byte is never handed out again. */
function pooledRandomBytes(length: number): Uint8Array {
  if (length > poolBytes) {
    return randomFillSync(new Uint8Array(length));
  }
  if (pool.length < length) {
    pool = randomFillSync(Buffer.alloc(poolBytes));
  }
  const bytes = Uint8Array.from(pool.subarray(0, length));
  pool = pool.subarray(length);
  return bytes;
}
