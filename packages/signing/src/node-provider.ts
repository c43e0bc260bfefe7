import {
  createHash,
  createPrivateKey,
  createPublicKey,
  createSign,
  createVerify,
  generateKeyPairSync,
  getCurves,
  getHashes,
  type KeyObject,
  randomFillSync,
  sign,
  verify,
} from 'node:crypto';
import type { Algorithm, CryptoProvider, Signer, Verifier } from './crypto-provider.ts';
import { coordinateBytes, type PrivateJwk, type PublicJwk } from './jwk.ts';
import { concatBytes, derFromRaw, fromHex, rawFromDer, sm2Example, sm2IdentityInput } from './sm2.ts';
import {
  createPortableSm2Signer,
  createPortableSm2Verifier,
  generatePortableSm2,
  type Sm2Private,
  type Sm2Public,
} from './sm2-portable.ts';

/**
 * node:crypto. ES256 and EdDSA run in libuv's thread pool, off the main thread. SM2 runs on the main thread
 * (about 0.23 ms a signature), because only node's two-step interface signs a digest without adding its own ZA.
 */
export const nodeProvider: CryptoProvider = {
  name: 'node',
  randomBytes: pooledRandomBytes,
  sha256: (bytes) => createHash('sha256').update(bytes).digest(),
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
      return isNativeSm2Right() ? nativeSm2Signer(key) : createPortableSm2Signer(key, pooledRandomBytes);
    }
    return poolSigner(algorithm, createPrivateKey({ key: { ...jwk }, format: 'jwk' }));
  },
  async createVerifier(algorithm, jwk) {
    if (algorithm === 'SM2SM3') {
      const key = sm2Public(jwk);
      return isNativeSm2Right() ? nativeSm2Verifier(key) : createPortableSm2Verifier(key);
    }
    return poolVerifier(algorithm, createPublicKey({ key: { ...jwk }, format: 'jwk' }));
  },
};

/**
 * True when this build of node signs and verifies SM2 over our own digest: proved once with the published example
 * of GB/T 32918.5 and a signature of our own. Where it does not, SM2 runs in plain JavaScript.
 */
export function isNativeSm2Right(): boolean {
  nativeSm2Right ??= testNativeSm2();
  return nativeSm2Right;
}

let nativeSm2Right: boolean | undefined;

function testNativeSm2(): boolean {
  if (!getCurves().includes('SM2') || !getHashes().includes('sm3')) {
    return false;
  }
  try {
    const { x, y, d, message, signature } = sm2Example;
    const check = nativeVerify({ x, y });
    const own = nativeSign({ x, y, d })(message);
    const changed = Uint8Array.from(message, (byte, at) => (at === 0 ? byte ^ 1 : byte));
    return check(message, signature) && check(message, own) && !check(changed, signature);
  } catch {
    return false;
  }
}

function poolSigner(algorithm: Exclude<Algorithm, 'SM2SM3'>, key: KeyObject): Signer {
  const digest = algorithm === 'ES256' ? 'sha256' : null;
  const input = { key, dsaEncoding: 'ieee-p1363' } as const;
  return (bytes) =>
    new Promise((resolve, reject) => {
      sign(digest, bytes, input, (error, signature) => {
        if (error === null) {
          resolve(signature);
        } else {
          reject(error);
        }
      });
    });
}

function poolVerifier(algorithm: Exclude<Algorithm, 'SM2SM3'>, key: KeyObject): Verifier {
  const digest = algorithm === 'ES256' ? 'sha256' : null;
  const input = { key, dsaEncoding: 'ieee-p1363' } as const;
  return (bytes, signature) =>
    new Promise((resolve, reject) => {
      verify(digest, bytes, input, signature, (error, matches) => {
        if (error === null) {
          resolve(matches);
        } else {
          reject(error);
        }
      });
    });
}

const spkiHead = fromHex('3059301306072a8648ce3d020106082a811ccf5501822d03420004');
const pkcs8Head = fromHex('308187020100301306072a8648ce3d020106082a811ccf5501822d046d306b0201010420');
const pkcs8Public = fromHex('a14403420004');

function nativeSm2Signer(key: Sm2Private): Signer {
  const signNow = nativeSign(key);
  return async (bytes) => signNow(bytes);
}

function nativeSm2Verifier(key: Sm2Public): Verifier {
  const check = nativeVerify(key);
  return async (bytes, signature) => check(bytes, signature);
}

/** The key is always imported: one that node generated itself would sign as plain ECDSA. */
function nativeSign(key: Sm2Private): (bytes: Uint8Array) => Uint8Array {
  const der = concatBytes([pkcs8Head, key.d, pkcs8Public, key.x, key.y]);
  const object = createPrivateKey({ key: Buffer.from(der), format: 'der', type: 'pkcs8' });
  const identity = sm2Identity(key);
  return (bytes) => rawFromDer(createSign('sm3').update(identity).update(bytes).sign(object));
}

function nativeVerify(key: Sm2Public): (bytes: Uint8Array, signature: Uint8Array) => boolean {
  const der = concatBytes([spkiHead, key.x, key.y]);
  const object = createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' });
  const identity = sm2Identity(key);
  return (bytes, signature) =>
    createVerify('sm3').update(identity).update(bytes).verify(object, derFromRaw(signature));
}

function sm2Identity(key: Sm2Public): Uint8Array {
  return createHash('sm3').update(sm2IdentityInput(key.x, key.y)).digest();
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
