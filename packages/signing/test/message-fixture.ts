import assert from 'node:assert/strict';
import {
  type Algorithm,
  type CryptoProvider,
  createKeyFactory,
  type KeyValidity,
  SigningError,
  type SigningErrorCode,
  type SigningKey,
  type VerificationKey,
} from '../src/index.ts';
import { nodeProvider } from '../src/node-provider.ts';
import { portableProvider } from '../src/portable-provider.ts';

export const algorithms: readonly Algorithm[] = ['ES256', 'EdDSA', 'SM2SM3'];
export const providers: readonly CryptoProvider[] = [nodeProvider, portableProvider];
export const now = new Date('2026-11-23T12:00:00Z');
export const idempotencyKey = '019abf00-0000-7000-8000-00000000abcd';
export const requestId = '019abf00-0000-7000-8000-000000000001';
export const body = new TextEncoder().encode('{"amount":{"currency":"CNY","minor":"1250"}}');

export interface Pair {
  readonly key: SigningKey;
  readonly publicKey: VerificationKey;
}

const made = new Map<string, Promise<Pair>>();

/**
 * One key pair per algorithm and provider for the whole run; its public half can be read on another
 * provider.
 */
export function pairOf(
  algorithm: Algorithm,
  signer: CryptoProvider = nodeProvider,
  verifier: CryptoProvider = signer,
): Promise<Pair> {
  const name = `${algorithm} ${signer.name} ${verifier.name}`;
  const pair = made.get(name) ?? makePair(algorithm, signer, verifier);
  made.set(name, pair);
  return pair;
}

/** The same key with another validity. */
export function withValidity(key: VerificationKey, validity: KeyValidity): VerificationKey {
  return { ...key, ...validity };
}

async function makePair(
  algorithm: Algorithm,
  signer: CryptoProvider,
  verifier: CryptoProvider,
): Promise<Pair> {
  const key = await createKeyFactory(signer).generateSigningKey(algorithm);
  return { key, publicKey: await createKeyFactory(verifier).importVerificationKey(key.publicJwk) };
}

/** For assert.rejects: this package's error with this code, and path when given. */
export function refused(code: SigningErrorCode, path?: string) {
  return (error: unknown) => {
    assert.ok(error instanceof SigningError, String(error));
    assert.equal(error.code, code);
    if (path !== undefined) {
      assert.equal(error.path, path);
    }
    return true;
  };
}

/** A copy with one bit changed. */
export function flip(bytes: Uint8Array, bit: number): Buffer {
  const changed = Buffer.from(bytes);
  changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return changed;
}
