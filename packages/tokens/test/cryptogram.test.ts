import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { cryptogramKey, encodeCryptogramInput } from '../src/cryptogram.ts';
import {
  type CryptogramInput,
  createCryptogram,
  type HmacSha256,
  portableHmacSha256,
  TokenError,
  type TokenErrorCode,
  verifyCryptogram,
} from '../src/index.ts';

interface Vector {
  readonly name: string;
  readonly deviceKey: string;
  readonly counter: number;
  readonly tokenId: string;
  readonly idempotencyKey: string;
  readonly amount: { readonly currency: string; readonly minor: string };
  readonly payload: string;
  readonly value: string;
}
interface Vectors {
  readonly made: readonly (Vector & { cryptogramKey: string; input: string; mac: string })[];
  readonly refused: readonly (Vector & { error: TokenErrorCode })[];
}

const file = new URL('../../../spec/vectors/tokens/cryptograms.json', import.meta.url);
const vectors: Vectors = JSON.parse(readFileSync(file, 'utf8'));
const nativeHmac: HmacSha256 = (key, message) => createHmac('sha256', key).update(message).digest();
const keyOf = ({ deviceKey }: Vector) => Buffer.from(deviceKey, 'hex');
const inputOf = ({ tokenId, idempotencyKey, amount, payload }: Vector): CryptogramInput => ({
  tokenId,
  idempotencyKey,
  amount: { currency: amount.currency, minor: BigInt(amount.minor) },
  payload,
});

describe('cryptograms (spec/tokens.md 4)', () => {
  for (const vector of vectors.made) {
    it(`are made as in the vector: ${vector.name}`, () => {
      const { counter, value } = vector;
      const deviceKey = keyOf(vector);
      const input = encodeCryptogramInput({ ...inputOf(vector), counter });
      assert.equal(Buffer.from(input).toString('hex'), vector.input);
      for (const hmacSha256 of [portableHmacSha256, nativeHmac]) {
        const key = cryptogramKey(deviceKey, hmacSha256);
        assert.equal(Buffer.from(key).toString('hex'), vector.cryptogramKey);
        assert.equal(Buffer.from(hmacSha256(key, input)).toString('hex'), vector.mac);
        const made = createCryptogram({ ...inputOf(vector), deviceKey, counter, hmacSha256 });
        assert.deepEqual(made, { counter, value });
        verifyCryptogram({ ...inputOf(vector), deviceKey, cryptogram: made, hmacSha256 });
      }
    });
  }

  for (const vector of vectors.refused) {
    it(`are refused with ${vector.error}: ${vector.name}`, () => {
      const { counter, value, error: code } = vector;
      const cryptogram = { counter, value };
      assert.throws(
        () => verifyCryptogram({ ...inputOf(vector), deviceKey: keyOf(vector), cryptogram }),
        (error: unknown) => error instanceof TokenError && error.code === code,
      );
    });
  }

  it('hold for exactly what they were made for', () => {
    const [vector] = vectors.made;
    assert.ok(vector);
    const made = { ...inputOf(vector), deviceKey: keyOf(vector), hmacSha256: nativeHmac };
    const counters = fc.integer({ min: 1, max: 0xffff_ffff });
    const minors = fc.bigInt({ min: 1n, max: 2n ** 63n - 1n });
    fc.assert(
      fc.property(
        counters,
        minors,
        fc.string({ unit: 'binary' }),
        counters,
        (counter, minor, payload, other) => {
          const input = { ...made, amount: { currency: 'CNY', minor }, payload };
          const cryptogram = createCryptogram({ ...input, counter });
          verifyCryptogram({ ...input, cryptogram });
          fc.pre(other !== counter);
          assert.throws(() => verifyCryptogram({ ...input, cryptogram: { ...cryptogram, counter: other } }));
        },
      ),
      { numRuns: 200 },
    );
  });

  it('are not made with a key that is none', () => {
    const [vector] = vectors.made;
    assert.ok(vector);
    assert.throws(
      () => createCryptogram({ ...inputOf(vector), counter: 1, deviceKey: new Uint8Array(16) }),
      (error: unknown) => error instanceof TokenError && error.code === 'PAYER_DEVICE_INVALID',
    );
  });
});
