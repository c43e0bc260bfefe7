import { sm2, sm3 } from 'sm-crypto-v2';
import type { Signer, Verifier } from './crypto-provider.ts';
import { concatBytes, fromHex, type Sm2Private, type Sm2Public, sm2IdentityInput, toHex } from './sm2.ts';

const order = BigInt('0xfffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123');

/** SM2 in plain JavaScript: signs about 1,000 times a second and a core, verifies about as often. */
export function createPortableSm2Signer(
  key: Sm2Private,
  randomBytes: (length: number) => Uint8Array,
): Signer {
  const d = toHex(key.d);
  const identity = sm3Bytes(sm2IdentityInput(key));
  return async (bytes) => {
    const e = sm3Bytes(concatBytes([identity, bytes]));
    // The library checks r and s; the nonce is ours, so that its own random pool (node:crypto) is never
    // opened.
    const pointPool = [noncePoint(randomBytes)];
    return fromHex(sm2.doSignature(e, d, { pointPool }));
  };
}

/** Rejects points that are not on the curve. */
export function createPortableSm2Verifier(key: Sm2Public): Verifier {
  const point = sm2.precomputePublicKey(`04${toHex(key.x)}${toHex(key.y)}`);
  point.assertValidity();
  const identity = sm3Bytes(sm2IdentityInput(key));
  return async (bytes, signature) => {
    const r = toHex(signature.subarray(0, 32));
    const s = toHex(signature.subarray(32));
    if (!isScalar(r) || !isScalar(s)) {
      return false;
    }
    return sm2.doVerifySignature(sm3Bytes(concatBytes([identity, bytes])), r + s, point);
  };
}

/** A private key with its public point; `d` is drawn from 1 to n - 2 (GB/T 32918.1 6.1). */
export function generatePortableSm2(randomBytes: (length: number) => Uint8Array): Sm2Private {
  const d = scalar(randomBytes, order - 2n);
  const hex = sm2.getPublicKeyFromPrivateKey(d);
  return { d: fromHex(d), x: fromHex(hex.slice(2, 66)), y: fromHex(hex.slice(66)) };
}

function sm3Bytes(bytes: Uint8Array): Uint8Array {
  return fromHex(sm3(bytes));
}

function noncePoint(randomBytes: (length: number) => Uint8Array): { k: bigint; x1: bigint } {
  const k = scalar(randomBytes, order - 1n);
  const hex = sm2.getPublicKeyFromPrivateKey(k);
  return { k: BigInt(`0x${k}`), x1: BigInt(`0x${hex.slice(2, 66)}`) };
}

/** Uniform in 1 to max by rejection; 64 hexadecimal digits. */
function scalar(randomBytes: (length: number) => Uint8Array, max: bigint): string {
  for (;;) {
    const hex = toHex(randomBytes(32));
    const value = BigInt(`0x${hex}`);
    if (value >= 1n && value <= max) {
      return hex;
    }
  }
}

function isScalar(hex: string): boolean {
  const value = BigInt(`0x${hex}`);
  return value >= 1n && value < order;
}
