import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import * as portable from '../src/index.portable.ts';
import {
  importJwks,
  importVerificationKey,
  type SigningError,
  verifyEvidence,
  verifyKeyProof,
} from '../src/index.ts';

interface Vectors {
  readonly now: string;
  readonly trusted: readonly object[];
  readonly bundles: readonly {
    readonly name: string;
    readonly bundle: unknown;
    readonly error: string | null;
  }[];
  readonly keyProofs: readonly {
    readonly name: string;
    readonly participantId: string;
    readonly audience: string;
    readonly use: 'messages' | 'codes';
    readonly now: string;
    readonly jwk: object;
    readonly proof: string;
    readonly error: string | null;
  }[];
}

const file = new URL('../../../spec/vectors/signing/evidence.json', import.meta.url);
const vectors = JSON.parse(readFileSync(file, 'utf8')) as Vectors;
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => null,
    (error: unknown) => (error as SigningError).code,
  );

describe('spec/vectors/signing/evidence.json', () => {
  for (const { name, bundle, error } of vectors.bundles) {
    it(`bundle: ${name}`, async () => {
      for (const provider of [{ importJwks }, portable]) {
        const keys = await provider.importJwks({ keys: vectors.trusted });
        const options = { keyFor: (kid: string) => keys.get(kid), now: new Date(vectors.now) };
        assert.equal(await codeOf(verifyEvidence(bundle, options)), error);
      }
    });
  }

  for (const { name, jwk, proof, now, error, ...claims } of vectors.keyProofs) {
    it(`key proof: ${name}`, async () => {
      const key = await importVerificationKey(jwk);
      assert.equal(await codeOf(verifyKeyProof(proof, { ...claims, key, now: new Date(now) })), error);
    });
  }
});
