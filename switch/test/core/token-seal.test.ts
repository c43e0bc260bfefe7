import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { encodeContext, type SealAlgorithm, seal, unseal } from '../../src/tokens/seal.ts';
import { createVault } from '../../src/tokens/vault.ts';

interface Vector {
  readonly name: string;
  readonly algorithm: SealAlgorithm;
  /** Bytes are hexadecimal. */
  readonly key: string;
  readonly context: readonly string[];
  readonly sealed: string;
}
interface Made extends Vector {
  readonly additionalData: string;
  readonly nonce: string;
  readonly plain: string;
}
interface Vectors {
  readonly made: readonly Made[];
  readonly accounts: readonly (Made & {
    readonly account: string;
    readonly keyId: string;
    readonly tokenId: string;
    readonly issuer: string;
  })[];
  readonly refused: readonly Vector[];
}

const file = new URL('../../../spec/vectors/tokens/seals.json', import.meta.url);
const vectors: Vectors = JSON.parse(readFileSync(file, 'utf8'));
const bytes = (hex: string) => Buffer.from(hex, 'hex');
const optionsOf = ({ key, algorithm, context }: Vector) => ({ key: bytes(key), algorithm, context });

/** Chance that comes out as the vector says. */
function chanceOf({ nonce }: Made): (length: number) => Uint8Array {
  return (length) => {
    assert.equal(length, bytes(nonce).length);
    return bytes(nonce);
  };
}

describe('seals (spec/tokens.md 1.4)', () => {
  for (const vector of vectors.made) {
    it(`are made and opened as in the vector: ${vector.algorithm}, ${vector.name}`, () => {
      const options = optionsOf(vector);
      assert.equal(encodeContext(vector.context).toString('hex'), vector.additionalData);
      const made = seal(bytes(vector.plain), { ...options, randomBytes: chanceOf(vector) });
      assert.equal(made.toString('hex'), vector.sealed);
      assert.equal(unseal(bytes(vector.sealed), options).toString('hex'), vector.plain);
    });
  }

  for (const vector of vectors.accounts) {
    it(`hold an account as in the vector: ${vector.algorithm}, ${vector.name}`, () => {
      const { account, keyId, algorithm } = vector;
      const key = { id: keyId, bytes: bytes(vector.key) };
      const keyring = { current: () => key, get: () => key };
      const vault = createVault({ keyring, algorithm, randomBytes: chanceOf(vector) });
      const made = vault.sealAccount(account, vector);
      assert.equal(Buffer.from(made.sealed).toString('hex'), vector.sealed);
      const kept = { keyId, algorithm, sealed: bytes(vector.sealed) };
      assert.equal(vault.openAccount(kept, vector), account);
    });
  }

  for (const vector of vectors.refused) {
    it(`are refused as in the vector: ${vector.algorithm}, ${vector.name}`, () => {
      assert.throws(() => unseal(bytes(vector.sealed), optionsOf(vector)));
    });
  }
});
