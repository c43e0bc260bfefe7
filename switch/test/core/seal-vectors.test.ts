import assert from 'node:assert/strict';
import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync } from 'node:crypto';
import { needPublished } from '@barlink/testing';
import { nativeHmac } from '../../src/tokens/payer-code.ts';
import { seal, unseal } from '../../src/tokens/seal.ts';

interface Wycheproof<Case, Group = object> {
  readonly testGroups: readonly (Group & { readonly tests: readonly Case[] })[];
}
interface MacCase {
  readonly tcId: number;
  readonly key: string;
  readonly msg: string;
  readonly tag: string;
  readonly result: 'valid' | 'invalid';
}

const bytes = (hex: string) => Buffer.from(hex, 'hex');

describe('published vectors of what the vault seals with', () => {
  it('seal with A256GCM makes the texts of Wycheproof aes_gcm_test.json, and opens none that was changed', function () {
    type Case = Omit<MacCase, 'msg'> & { iv: string; aad: string; msg: string; ct: string };
    type Group = { readonly keySize: number; readonly ivSize: number };
    const name = 'crypto/wycheproof/aes_gcm_test.json';
    const { testGroups } = needPublished<Wycheproof<Case, Group>>(this, name);
    const ours = testGroups.filter(({ keySize, ivSize }) => keySize === 256 && ivSize === 96);
    const count = { whole: 0, refused: 0, text: 0 };
    for (const { tcId, key, iv, aad, msg, ct, tag, result } of ours.flatMap(({ tests }) => tests)) {
      const bound = { key: bytes(key), algorithm: 'A256GCM', context: [] } as const;
      const sealed = bytes(iv + ct + tag);
      const made = seal(bytes(msg), { ...bound, randomBytes: () => bytes(iv) });
      if (result === 'invalid') {
        assert.throws(() => unseal(sealed, bound), String(tcId));
        count.refused += 1;
      } else if (aad === '') {
        assert.deepEqual(made, sealed, String(tcId));
        assert.equal(unseal(sealed, bound).toString('hex'), msg);
        count.whole += 1;
      } else {
        // Our context is never these bytes: the text is theirs, the tag must not be.
        assert.equal(made.toString('hex', 12, made.length - 16), ct);
        assert.throws(() => unseal(sealed, bound), String(tcId));
        count.text += 1;
      }
    }
    assert.deepEqual(count, { whole: 21, refused: 27, text: 18 });
  });

  it('SM4 is GB/T 32907: one block, a million times, and CBC as the SM profile seals', function () {
    interface Case {
      readonly mode: string;
      readonly key: string;
      readonly iv: string;
      readonly plaintext: string;
      readonly ciphertext: string;
    }
    type Data = { ecb: readonly Case[]; ecb1000000: Case; modes: readonly Case[] };
    const { ecb, ecb1000000, modes } = needPublished<Data>(this, 'crypto/sm4_gbt32907.json');
    const encrypt = ({ key, plaintext }: Case, times: number): string => {
      const cipher = createCipheriv('sm4-ecb', bytes(key), null);
      let block = bytes(plaintext);
      for (let time = 0; time < times; time += 1) {
        block = cipher.update(block);
      }
      return block.toString('hex');
    };
    for (const item of ecb) {
      assert.equal(encrypt(item, 1), item.ciphertext);
    }
    assert.equal(encrypt(ecb1000000, 1_000_000), ecb1000000.ciphertext);
    const cbc = modes.filter(({ mode }) => mode === 'cbc');
    for (const { key, iv, plaintext, ciphertext } of cbc) {
      const cipher = createCipheriv('sm4-cbc', bytes(key), bytes(iv)).setAutoPadding(false);
      assert.equal(cipher.update(plaintext, 'hex', 'hex') + cipher.final('hex'), ciphertext);
      const decipher = createDecipheriv('sm4-cbc', bytes(key), bytes(iv)).setAutoPadding(false);
      assert.equal(decipher.update(ciphertext, 'hex', 'hex') + decipher.final('hex'), plaintext);
    }
    assert.deepEqual([ecb.length, cbc.length], [1, 1]);
  });

  it('SM3 is GB/T 32905', function () {
    type Data = { readonly cases: readonly { readonly msgHex: string; readonly digest: string }[] };
    const { cases } = needPublished<Data>(this, 'crypto/sm3_gbt32905.json');
    for (const { msgHex, digest } of cases) {
      assert.equal(createHash('sm3').update(bytes(msgHex)).digest('hex'), digest);
    }
    assert.equal(cases.length, 4);
  });

  for (const [name, hmac] of [
    ['hmac_sm3', (key, message) => createHmac('sm3', key).update(message).digest()],
    ['hmac_sha256', nativeHmac],
  ] as const satisfies readonly (readonly [string, typeof nativeHmac])[]) {
    it(`the tags of Wycheproof ${name}_test.json are made, and none that was changed`, function () {
      const { testGroups } = needPublished<Wycheproof<MacCase>>(this, `crypto/wycheproof/${name}_test.json`);
      const cases = testGroups.flatMap(({ tests }) => tests);
      for (const { tcId, key, msg, tag, result } of cases) {
        const made = Buffer.from(hmac(bytes(key), bytes(msg))).toString('hex');
        assert.equal(made.startsWith(tag), result === 'valid', String(tcId));
      }
      assert.equal(cases.length, 174);
    });
  }

  it('device keys come out of HKDF as in Wycheproof hkdf_sha256_test.json', function () {
    type Case = { ikm: string; salt: string; info: string; size: number; okm: string; result: string };
    const { testGroups } = needPublished<Wycheproof<Case>>(this, 'crypto/wycheproof/hkdf_sha256_test.json');
    const cases = testGroups.flatMap(({ tests }) => tests);
    for (const { ikm, salt, info, size, okm, result } of cases) {
      const derive = () => hkdfSync('sha256', bytes(ikm), bytes(salt), bytes(info), size);
      if (result === 'valid') {
        assert.equal(Buffer.from(derive()).toString('hex'), okm);
      } else {
        assert.throws(derive);
      }
    }
    assert.equal(cases.length, 86);
  });
});
