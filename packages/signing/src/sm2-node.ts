import {
  createHash,
  createPrivateKey,
  createPublicKey,
  createSign,
  createVerify,
  getCurves,
  getHashes,
} from 'node:crypto';
import type { Signer, Verifier } from './crypto-provider.ts';
import {
  concatBytes,
  derFromRaw,
  fromHex,
  rawFromDer,
  type Sm2Private,
  type Sm2Public,
  sm2Example,
  sm2IdentityInput,
} from './sm2.ts';

/**
 * SM2 by node:crypto, on the main thread (about 0.23 ms): only its two-step interface signs a digest of our
 * own making; `crypto.sign` would put a ZA with an empty signer identifier in front.
 */
export function createNodeSm2Signer(key: Sm2Private): Signer {
  const signNow = signWith(key);
  return async (bytes) => signNow(bytes);
}

/** Throws when the key is not a point of the curve. */
export function createNodeSm2Verifier(key: Sm2Public): Verifier {
  const matches = verifyWith(key);
  return async (bytes, signature) => matches(bytes, signature);
}

/**
 * True when this build of node signs and verifies SM2 over our own digest: proved once with the published
 * example of GB/T 32918.5 and a signature of our own. Where it does not, SM2 runs in plain JavaScript.
 */
export function isNodeSm2Right(): boolean {
  nodeSm2Right ??= testNodeSm2();
  return nodeSm2Right;
}

let nodeSm2Right: boolean | undefined;

function testNodeSm2(): boolean {
  if (!getCurves().includes('SM2') || !getHashes().includes('sm3')) {
    return false;
  }
  try {
    const { message, signature } = sm2Example;
    const matches = verifyWith(sm2Example);
    const own = signWith(sm2Example)(message);
    const changed = Uint8Array.from(message, (byte, at) => (at === 0 ? byte ^ 1 : byte));
    return matches(message, signature) && matches(message, own) && !matches(changed, signature);
  } catch {
    return false;
  }
}

const spkiHead = fromHex('3059301306072a8648ce3d020106082a811ccf5501822d03420004');
const pkcs8Head = fromHex('308187020100301306072a8648ce3d020106082a811ccf5501822d046d306b0201010420');
const pkcs8Public = fromHex('a14403420004');

/** The key is always imported: one that node generated itself would sign as plain ECDSA. */
function signWith(key: Sm2Private): (bytes: Uint8Array) => Uint8Array {
  const der = concatBytes([pkcs8Head, key.d, pkcs8Public, key.x, key.y]);
  const object = createPrivateKey({ key: Buffer.from(der), format: 'der', type: 'pkcs8' });
  const identity = hashIdentity(key);
  return (bytes) => rawFromDer(createSign('sm3').update(identity).update(bytes).sign(object));
}

function verifyWith(key: Sm2Public): (bytes: Uint8Array, signature: Uint8Array) => boolean {
  const der = concatBytes([spkiHead, key.x, key.y]);
  const object = createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' });
  const identity = hashIdentity(key);
  return (bytes, signature) =>
    createVerify('sm3').update(identity).update(bytes).verify(object, derFromRaw(signature));
}

function hashIdentity(key: Sm2Public): Uint8Array {
  return createHash('sm3').update(sm2IdentityInput(key)).digest();
}
