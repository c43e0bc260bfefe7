import assert from 'node:assert/strict';
import { needPublished } from '@barlink/testing';
import { keyFormOf, readPublicKey } from '../src/certificates/key-form.ts';
import { decodeCompact, decodeSignature } from '../src/compact.ts';
import { createKeyFactory, type SigningErrorCode, verifyDetached } from '../src/index.ts';
import { importJwks } from '../src/jwks.ts';
import { fromHex } from '../src/sm2.ts';
import { body, now, providers, refused } from './message-fixture.ts';

interface Jwk {
  readonly kid?: string;
  readonly [name: string]: unknown;
}
interface Published<Case, Group = object> {
  readonly testGroups: readonly (Group & { readonly tests: readonly Case[] })[];
}
interface Cookbook {
  readonly cases: Readonly<
    Record<string, { readonly input: { readonly key: Jwk | Jwk[] }; readonly output: { compact?: string } }>
  >;
}
interface Rfcs {
  readonly rfc7515: { readonly A1: { readonly jwk: Jwk } };
  readonly rfc7797: { readonly jwk: Jwk; readonly cases: readonly { jws?: string; detached?: string }[] };
  readonly rfc7638: { readonly jwk: Jwk };
  readonly negative: readonly {
    readonly why: string;
    readonly compact?: string;
    readonly signature?: string;
    readonly protectedHeader?: Readonly<Record<string, unknown>>;
  }[];
}

const rfcs = 'crypto/jws_rfc7515_7797_7638_8037.json';
const zeros = Buffer.alloc(64).toString('base64url');
/** Our rule that a kid is a thumbprint would refuse them all; here it is the rest of the key that counts. */
const nameless = ({ kid: _, ...jwk }: Jwk): Jwk => jwk;

for (const provider of providers) {
  const factory = createKeyFactory(provider);
  const refuseKey = (jwk: Jwk, path?: string) =>
    assert.rejects(factory.importVerificationKey(nameless(jwk)), refused('SIGNING_KEY_INVALID', path));

  describe(`published keys on the ${provider.name} provider`, () => {
    it('refuses each set of Wycheproof json_web_key_test.json for what is wrong with its key', async function () {
      type Group = { readonly private: { readonly keys: readonly Jwk[] }; readonly public?: typeof keySet };
      type Case = { readonly tcId: number; readonly comment: string };
      let keySet: { readonly keys: readonly Jwk[] } = { keys: [] };
      const name = 'crypto/wycheproof/json_web_key_test.json';
      const { testGroups } = needPublished<Published<Case, Group>>(this, name);
      // A key that names another algorithm, is for encryption, is no point, has another curve, another type.
      const paths = new Map([19, 20, 21, 22, 23, 24].map((tcId, at) => [tcId, pathsOfP256[at]]));
      for (const group of testGroups) {
        keySet = group.public ?? group.private;
        for (const { tcId } of group.tests) {
          const [jwk = {}] = keySet.keys;
          await refuseKey(jwk, paths.get(tcId) ?? '/crv');
          await assert.rejects(importJwks(factory, keySet), refused('SIGNING_KEY_INVALID'));
        }
      }
      assert.equal(testGroups.flatMap(({ tests }) => tests).length, 26);
      const [, sound = {}] = testGroups[0]?.private.keys ?? [];
      const key = await factory.importVerificationKey(nameless(sound));
      assert.equal(key.algorithm, 'ES256');
      await assert.rejects(
        importJwks(factory, { keys: [nameless(sound), nameless(sound)] }),
        refused('SIGNING_KEY_INVALID', '/keys'),
      );
    });

    it('refuses every RSA, shared and other curve\u2019s key of the JOSE files', async function () {
      const { rfc7515, rfc7797, rfc7638 } = needPublished<Rfcs>(this, rfcs);
      const { cases } = needPublished<Cookbook>(this, 'crypto/jws_rfc7520_cookbook.json');
      type Group = {
        readonly public?: Jwk;
        readonly private?: Jwk;
        readonly publicKeyJwk?: Jwk;
        keyJwk?: Jwk;
      };
      const files = ['json_web_signature', 'json_web_crypto', 'json_web_encryption'];
      const rsa = ['rsa_pss_2048_sha256_mgf1_32', 'rsa_signature_2048_sha256'];
      const groups = [...files, ...rsa].flatMap(
        (name) =>
          needPublished<Published<object, Group>>(this, `crypto/wycheproof/${name}_test.json`).testGroups,
      );
      const found = groups.map(
        (group) => group.public ?? group.private ?? group.publicKeyJwk ?? group.keyJwk,
      );
      const keys: readonly Jwk[] = [
        ...Object.values(cases).flatMap<Jwk>(({ input }) => input.key),
        ...found.filter((jwk) => jwk !== undefined),
        ...[rfc7515.A1.jwk, rfc7797.jwk, rfc7638.jwk],
      ];
      const isOurs = ({ crv, alg, use }: Jwk) =>
        crv === 'Ed25519' || (crv === 'P-256' && (alg ?? 'ES256') === 'ES256' && use !== 'enc');
      const foreign = keys.filter((jwk) => jwk.kty !== undefined && !isOurs(jwk));
      for (const jwk of foreign) {
        await refuseKey(jwk, jwk.crv === 'P-256' ? undefined : '/crv');
      }
      assert.ok(foreign.length >= 60, String(foreign.length));
    });

    it('takes the points of Wycheproof ecdh_secp256r1_test.json that lie on P-256, and no others', async function () {
      type Case = { readonly tcId: number; readonly public: string; readonly result: string };
      const name = 'crypto/wycheproof/ecdh_secp256r1_test.json';
      const { testGroups } = needPublished<Published<Case>>(this, name);
      const plain = /^3059301306072a8648ce3d020106082a8648ce3d03010703420004(.{64})(.{64})$/;
      const count = { valid: 0, invalid: 0 };
      for (const test of testGroups.flatMap(({ tests }) => tests)) {
        const [, ...point] = plain.exec(test.public) ?? [];
        if (point.length === 0) {
          continue;
        }
        const [x, y] = point.map((hex) => Buffer.from(hex, 'hex').toString('base64url'));
        const jwk = { kty: 'EC', crv: 'P-256', x, y };
        if (test.result === 'valid') {
          assert.equal((await factory.importVerificationKey(jwk)).algorithm, 'ES256');
          count.valid += 1;
        } else {
          await refuseKey(jwk, '/x');
          count.invalid += 1;
        }
      }
      assert.deepEqual(count, { valid: 330, invalid: 19 });
    });

    it('takes no DER signature of Wycheproof ecdsa_secp256r1_sha256_test.json', async function () {
      type Group = { readonly publicKey: { readonly uncompressed: string } };
      type Case = { readonly sig: string };
      const name = 'crypto/wycheproof/ecdsa_secp256r1_sha256_test.json';
      const { testGroups } = needPublished<Published<Case, Group>>(this, name);
      const signatures = testGroups.flatMap(({ tests }) => tests).map(({ sig }) => Buffer.from(sig, 'hex'));
      for (const signature of signatures) {
        const code = refused('SIGNATURE_MALFORMED');
        assert.throws(() => decodeSignature(signature.toString('base64url')), code);
      }
      assert.equal(signatures.length, 484);
    });
  });
}

const pathsOfP256 = ['/alg', '/alg', '/use', '/x', '/crv', '/crv'];

describe('published JOSE texts as the signature of a message', () => {
  const options = {
    ...{ method: 'POST', target: '/v1/payments', audience: 'barlink-switch', now },
    idempotencyKey: '019abf00-0000-7000-8000-00000000abcd',
    keyFor: () => assert.fail('a key is looked for'),
  };
  const refuse = (signature: string, code: SigningErrorCode) =>
    assert.rejects(verifyDetached(body, signature, options), refused(code), signature);
  const ascii = (header: object) => Buffer.from(JSON.stringify(header)).toString('base64url');

  it('are refused before a key is looked for: RFC 7520', async function () {
    const { cases } = needPublished<Cookbook>(this, 'crypto/jws_rfc7520_cookbook.json');
    const texts = Object.values(cases).flatMap(({ output }) => output.compact ?? []);
    assert.equal(texts.length, 6);
    for (const text of texts) {
      const [header = '', payload = '', signature = ''] = text.split('.');
      await refuse(text, payload === '' ? 'SIGNATURE_ALGORITHM_NOT_ALLOWED' : 'SIGNATURE_MALFORMED');
      const isOurs = JSON.parse(Buffer.from(header, 'base64url').toString()).alg === 'EdDSA';
      await refuse(
        `${header}..${signature}`,
        isOurs ? 'SIGNATURE_MALFORMED' : 'SIGNATURE_ALGORITHM_NOT_ALLOWED',
      );
    }
    for (const { output } of Object.values(cases)) {
      await refuse(JSON.stringify(output), 'SIGNATURE_MALFORMED');
    }
  });

  it('are refused with an unencoded payload: RFC 7797', async function () {
    const { rfc7797 } = needPublished<Rfcs>(this, rfcs);
    const detached = rfc7797.cases.flatMap((item) => item.detached ?? []);
    assert.equal(detached.length, 1);
    for (const text of detached) {
      await refuse(text, 'SIGNATURE_ALGORITHM_NOT_ALLOWED');
      await refuse(
        `${ascii({ alg: 'ES256', b64: false, crit: ['b64'] })}..${zeros}`,
        'SIGNATURE_CRITICAL_UNKNOWN',
      );
    }
  });

  it('are refused as the negative cases of the RFC file ask', async function () {
    const { negative } = needPublished<Rfcs>(this, rfcs);
    const codes: readonly SigningErrorCode[] = [
      'SIGNATURE_ALGORITHM_NOT_ALLOWED',
      'SIGNATURE_MALFORMED',
      'SIGNATURE_CRITICAL_UNKNOWN',
      'SIGNATURE_MALFORMED',
      'SIGNATURE_ALGORITHM_NOT_ALLOWED',
      'SIGNATURE_MALFORMED',
    ];
    assert.equal(negative.length, codes.length);
    for (const [at, { compact, protectedHeader = {}, signature = zeros }] of negative.entries()) {
      const text = compact?.replace(/\.[^.]*\./, '..') ?? `${ascii(protectedHeader)}..${signature}`;
      await refuse(text, codes[at] ?? 'SIGNATURE_INVALID');
    }
  });

  it('are refused when they are encrypted: Wycheproof', async function () {
    type Case = { readonly jwe?: unknown };
    const texts = ['json_web_encryption', 'json_web_crypto'].flatMap((name) =>
      needPublished<Published<Case>>(this, `crypto/wycheproof/${name}_test.json`)
        .testGroups.flatMap(({ tests }) => tests)
        .flatMap(({ jwe }) => jwe ?? []),
    );
    assert.equal(texts.length, 139 + 34);
    for (const text of texts) {
      assert.throws(
        () => decodeCompact(typeof text === 'string' ? text : JSON.stringify(text)),
        refused('SIGNATURE_MALFORMED'),
      );
    }
  });
});

describe('published public keys as keys of certificates', () => {
  it('are refused with another curve, form or no point: Wycheproof ecdh_secp256r1_test.json', function () {
    type Case = { readonly tcId: number; readonly public: string; readonly result: string };
    const name = 'crypto/wycheproof/ecdh_secp256r1_test.json';
    const { testGroups } = needPublished<Published<Case>>(this, name);
    const secp384r1 = '3076301006072a8648ce3d020106052b8104002203';
    // A point compressed, a curve spelled out, lengths not as in DER: `acceptable` there, refused here.
    const count = { taken: 0, refused: 0 };
    for (const { tcId, public: spki, result } of testGroups.flatMap(({ tests }) => tests)) {
      const take = () => keyFormOf(readPublicKey(fromHex(spki))).namedCurve;
      if (result === 'valid') {
        assert.equal(take(), 'P-256');
        count.taken += 1;
      } else if (spki.startsWith(secp384r1)) {
        assert.equal(take(), 'P-384');
      } else {
        assert.throws(take, { code: 'CERTIFICATE_KEY_FORBIDDEN' }, String(tcId));
        count.refused += 1;
      }
    }
    assert.deepEqual(count, { taken: 330, refused: 281 });
  });
});
