import assert from 'node:assert/strict';
import { ED25519_TORSION_SUBGROUP } from '@noble/curves/ed25519';
import { calculateJwkThumbprint } from 'jose';
import * as portableEntry from '../src/index.portable.ts';
import * as nodeEntry from '../src/index.ts';
import {
  createKeyFactory,
  encodeJwks,
  importJwks,
  importSigningKey,
  importVerificationKey,
  SigningError,
} from '../src/index.ts';
import { algorithms, pairOf, providers, withValidity } from './message-fixture.ts';

const refused = (error: unknown) => error instanceof SigningError && error.code === 'SIGNING_KEY_INVALID';

for (const provider of providers) {
  const factory = createKeyFactory(provider);
  describe(`keys on the ${provider.name} provider`, () => {
    for (const algorithm of algorithms) {
      it(`stores and reads an ${algorithm} key`, async () => {
        const { key } = await pairOf(algorithm, provider);
        const again = await factory.importSigningKey(JSON.parse(JSON.stringify(key.exportPrivateJwk())));
        assert.equal(again.kid, key.kid);
        assert.deepEqual(again.publicJwk, key.publicJwk);
        assert.equal('d' in key.publicJwk, false);
        assert.equal(key.kid, await calculateJwkThumbprint({ ...key.publicJwk }));
      });

      it(`signs and checks with an ${algorithm} key alike, alone and when many come at once`, async () => {
        const { key, publicKey } = await pairOf(algorithm, provider);
        const texts = Array.from({ length: 5 }, (_, at) => Buffer.from(`message ${at}`));
        const together = await Promise.all(texts.map((bytes) => key.sign(bytes)));
        const alone = await key.sign(Buffer.from('message 5'));
        assert.ok(await publicKey.verify(Buffer.from('message 5'), alone));
        const right = texts.map((bytes, at) => publicKey.verify(bytes, together[at] ?? alone));
        const wrong = texts.map((bytes) => publicKey.verify(bytes, alone));
        assert.deepEqual(await Promise.all(right), Array(5).fill(true));
        assert.deepEqual(await Promise.all(wrong), Array(5).fill(false));
        assert.equal(await publicKey.verify(Buffer.from('another'), alone), false);
      });

      it(`refuses ${algorithm} keys that are no point, no pair or not canonical`, async () => {
        const { key } = await pairOf(algorithm, provider);
        const jwk = key.exportPrivateJwk();
        const other = (await factory.generateSigningKey(algorithm)).exportPrivateJwk();
        const zero = Buffer.alloc(32).toString('base64url');
        const full = Buffer.alloc(32, 255).toString('base64url');
        const short = jwk.x.slice(0, -2);
        const wrong: object[] = [
          { ...jwk, x: `${jwk.x}=` },
          { ...jwk, x: short },
          { ...jwk, x: undefined },
          { ...jwk, kid: other.kid },
          { ...jwk, kty: 'RSA' },
          { ...jwk, crv: 'P-384' },
          { ...jwk, alg: 'ES384' },
          { ...jwk, use: 'enc' },
          algorithm === 'EdDSA' ? { ...jwk, y: jwk.x } : { ...jwk, y: other.y, kid: undefined },
          algorithm === 'EdDSA' ? { ...jwk, x: zero } : { ...jwk, x: full, kid: undefined },
        ];
        for (const value of wrong) {
          await assert.rejects(factory.importVerificationKey(value), refused, JSON.stringify(value));
        }
        await assert.rejects(factory.importSigningKey({ ...jwk, d: other.d }), refused);
        await assert.rejects(factory.importSigningKey({ ...jwk, d: undefined }), refused);
        if (algorithm !== 'EdDSA') {
          await assert.rejects(factory.importSigningKey({ ...jwk, d: zero }), refused);
          await assert.rejects(factory.importSigningKey({ ...jwk, d: full }), refused);
        }
        for (const value of [null, undefined, 'x', [], 7]) {
          await assert.rejects(factory.importVerificationKey(value), refused);
        }
      });
    }

    it('refuses Ed25519 keys of small order, in every spelling', async () => {
      for (const hex of ED25519_TORSION_SUBGROUP) {
        for (const bytes of spellings(hex)) {
          const jwk = { kty: 'OKP', crv: 'Ed25519', x: bytes.toString('base64url') };
          await assert.rejects(factory.importVerificationKey(jwk), refused, hex);
        }
      }
    });
  });
}

describe('importVerificationKey', () => {
  it('takes only the members that matter into the published key', async () => {
    const { key } = await pairOf('ES256');
    const read = await importVerificationKey({ ...key.exportPrivateJwk(), key_ops: ['verify'], x5c: ['x'] });
    assert.deepEqual(read.publicJwk, key.publicJwk);
  });

  it('never says in an error what the secret was', async () => {
    const { key } = await pairOf('ES256');
    const other = await pairOf('ES256', providers[1]);
    const jwk = { ...key.exportPrivateJwk(), d: other.key.exportPrivateJwk().d };
    const error = await importSigningKey(jwk).catch((reason: Error) => reason);
    assert.ok(error instanceof SigningError);
    assert.equal(`${error.message} ${error.stack} ${String(error.cause)}`.includes(jwk.d), false);
  });
});

describe('published key sets', () => {
  it('give back the keys with their validity, and a revoked one counts at no time', async () => {
    const first = withValidity((await pairOf('ES256')).publicKey, {
      expiresAt: new Date('2026-12-01T00:00:00Z'),
    });
    const second = withValidity((await pairOf('EdDSA')).publicKey, {
      notBefore: new Date('2026-11-30T00:00:00Z'),
    });
    const gone = withValidity((await pairOf('SM2SM3')).publicKey, {
      revokedAt: new Date('2026-11-01T00:00:00Z'),
    });
    const keys = await importJwks(JSON.parse(JSON.stringify(encodeJwks([first, second, gone]))));
    assert.deepEqual([...keys.keys()], [first.kid, second.kid, gone.kid]);
    assert.deepEqual(keys.get(gone.kid)?.expiresAt, new Date(0));
    assert.deepEqual(keys.get(first.kid)?.expiresAt, first.expiresAt);
    assert.deepEqual(keys.get(second.kid)?.notBefore, second.notBefore);
    assert.equal(keys.get(second.kid)?.expiresAt, undefined);
  });

  it('are refused when they are no list, hold a key twice or an instant that is none', async () => {
    const { key } = await pairOf('ES256');
    const jwk = key.publicJwk;
    const wrong = [
      null,
      {},
      { keys: {} },
      { keys: [jwk, jwk] },
      { keys: [{ ...jwk, exp: '1' }] },
      { keys: [{ ...jwk, nbf: -1 }] },
      { keys: [null] },
      { keys: Array(65).fill(jwk) },
    ];
    for (const value of wrong) {
      await assert.rejects(importJwks(value), refused);
    }
  });
});

describe('the portable entry point', () => {
  it('has the same names as the one for Node', () => {
    assert.deepEqual(Object.keys(portableEntry).sort(), Object.keys(nodeEntry).sort());
    assert.equal(portableEntry.defaultProvider.name, 'portable');
    assert.equal(nodeEntry.defaultProvider.name, 'node');
  });
});

/** A point's y with both signs, and y + p where that fits in 255 bits. */
function spellings(hex: string): Buffer[] {
  const bytes = Buffer.from(hex, 'hex').reverse();
  const y = BigInt(`0x${bytes.toString('hex')}`) & ((1n << 255n) - 1n);
  const values = [y, y + (1n << 255n) - 19n].filter((value) => value < 1n << 255n);
  return values.flatMap((value) =>
    [0n, 1n].map((sign) =>
      Buffer.from((value | (sign << 255n)).toString(16).padStart(64, '0'), 'hex').reverse(),
    ),
  );
}
