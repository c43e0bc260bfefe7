import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { isSignedBy, numberOf, recoverPublicKey } from '../src/binary/secp256k1.ts';

/** A fresh key in compressed hex, and its signature over a text. */
function signFresh(text: string) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'secp256k1' });
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  const [xBytes, yBytes] = [Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')];
  const bytes = sign('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' });
  return {
    key: `0${2 + ((yBytes.at(-1) ?? 0) & 1)}${xBytes.toString('hex')}`,
    hash: createHash('sha256').update(text).digest(),
    r: numberOf(bytes.subarray(0, 32)),
    s: numberOf(bytes.subarray(32)),
  };
}

describe('secp256k1', () => {
  it('agrees with node:crypto on who signed', () => {
    for (let round = 0; round < 40; round++) {
      const { key, hash, r, s } = signFresh(`round ${round}`);
      assert.equal(isSignedBy(key, hash, { r, s, recovery: 0 }), true);
      const recovered = [0, 1].map((recovery) => recoverPublicKey(hash, { r, s, recovery }));
      assert.equal(recovered.filter((found) => found === key).length, 1);
    }
  });

  it('refuses another hash, another signature and another key', () => {
    const { key, hash, r, s } = signFresh('mine');
    const other = signFresh('another');
    assert.equal(isSignedBy(key, other.hash, { r, s, recovery: 0 }), false);
    assert.equal(isSignedBy(key, hash, { r, s: other.s, recovery: 0 }), false);
    assert.equal(isSignedBy(other.key, hash, { r, s, recovery: 0 }), false);
    assert.equal(recoverPublicKey(hash, { r: 0n, s, recovery: 0 }), undefined);
    assert.equal(recoverPublicKey(hash, { r, s, recovery: 4 }), undefined);
  });
});
