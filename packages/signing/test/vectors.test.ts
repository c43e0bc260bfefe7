import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { CodeError, encodeMerchantCode, type MerchantCode, signedPart } from '@barlink/codes';
import { flattenedVerify, importJWK } from 'jose';
import {
  type Algorithm,
  createKeyFactory,
  type KeyValidity,
  type PrivateJwk,
  type PublicJwk,
  SigningError,
  verifyAnswer,
  verifyCode,
  verifyDetached,
  verifyKeyset,
} from '../src/index.ts';
import { providers } from './message-fixture.ts';

interface Message {
  readonly name: string;
  readonly key: Algorithm;
  readonly body: string;
  readonly audience: string;
  readonly signature: string;
}
interface RequestVector extends Message {
  readonly method: string;
  readonly target: string;
  readonly issuer: string;
  readonly jti: string;
  readonly idempotencyKey?: string;
  readonly issuedAt: string;
}
interface AnswerVector extends Message {
  readonly issuer: string;
  readonly requestId: string;
  readonly status: number;
  readonly issuedAt: string;
}
interface RefusedVector extends Omit<Message, 'signature'> {
  readonly error: string;
  readonly signature: string | null;
  readonly method: string;
  readonly target: string;
  readonly now: string;
  readonly notBefore?: string;
  readonly expiresAt?: string;
  readonly revokedAt?: string;
}
interface Messages {
  readonly keys: Readonly<Record<Algorithm, PrivateJwk>>;
  readonly requests: readonly RequestVector[];
  readonly answers: readonly AnswerVector[];
  readonly refused: readonly RefusedVector[];
}
interface Codes {
  readonly issuer: string;
  readonly now: string;
  readonly switchKey: PublicJwk;
  readonly keyset: string;
  readonly verified: readonly {
    readonly name: string;
    readonly payload: string;
    readonly signedText?: string;
    readonly code: MerchantCode;
  }[];
  readonly unsigned: readonly {
    readonly name: string;
    readonly payload: string;
    readonly code: MerchantCode;
  }[];
  readonly refused: readonly {
    readonly name: string;
    readonly error: string;
    readonly payload: string;
    readonly now: string;
  }[];
}

const messages: Messages = readVectors('messages.json');
const batches: Messages = readVectors('batches.json');
const everyRequest = [...messages.requests, ...batches.requests];
const everyAnswer = [...messages.answers, ...batches.answers];
const everyRefused = [...messages.refused, ...batches.refused];
const codes: Codes = readVectors('codes.json');
const bytes = (text: string) => new TextEncoder().encode(text);

for (const provider of providers) {
  const factory = createKeyFactory(provider);
  const keyOf = ({ key }: { readonly key: Algorithm }, validity: KeyValidity = {}) =>
    factory.importVerificationKey(messages.keys[key], validity);

  describe(`spec/vectors/signing on the ${provider.name} provider`, () => {
    for (const vector of everyRequest) {
      it(`verifies ${vector.name} (spec/signing.md 3)`, async () => {
        const key = await keyOf(vector);
        const { audience, method, target, issuer, jti, issuedAt, idempotencyKey } = vector;
        const verified = await verifyDetached(bytes(vector.body), vector.signature, {
          keyFor: () => key,
          audience,
          method,
          target,
          now: new Date(issuedAt),
        });
        const expected = { issuer, kid: key.kid, jti, issuedAt: new Date(issuedAt) };
        assert.deepEqual(verified, idempotencyKey === undefined ? expected : { ...expected, idempotencyKey });
      });
    }

    for (const vector of everyAnswer) {
      it(`verifies ${vector.name} (spec/signing.md 4)`, async () => {
        const key = await keyOf(vector);
        const { audience, issuer, requestId, status, issuedAt } = vector;
        const options = { keyFor: () => key, audience, issuer, requestId, status, now: new Date(issuedAt) };
        assert.equal((await verifyAnswer(bytes(vector.body), vector.signature, options)).issuer, issuer);
      });
    }

    for (const vector of everyRefused) {
      it(`refuses with ${vector.error}: ${vector.name}`, async () => {
        const key = await keyOf(vector, readValidity(vector));
        const { audience, method, target, now, error } = vector;
        const keyFor = (kid: string) => (kid === key.kid ? key : undefined);
        const options = { keyFor, audience, method, target, now: new Date(now) };
        await assert.rejects(
          verifyDetached(bytes(vector.body), vector.signature ?? undefined, options),
          (reason: unknown) => reason instanceof SigningError && reason.code === error,
        );
      });
    }

    it('judges the codes with the keyset (spec/signing.md 5 and 6)', async () => {
      const switchKey = await factory.importVerificationKey(codes.switchKey);
      const now = new Date(codes.now);
      const keyset = await verifyKeyset(codes.keyset, { keyFor: () => switchKey, issuer: codes.issuer, now });
      for (const { name, payload, code, signedText } of codes.verified) {
        const result = await verifyCode(payload, { keyset, now });
        assert.ok(result.status === 'verified', name);
        assert.deepEqual(result.code, code);
        if (signedText !== undefined) {
          assert.equal(signedPart(payload), signedText);
          assert.equal(signedPart(encodeMerchantCode(code)), signedText);
        }
      }
      for (const { payload, code } of codes.unsigned) {
        assert.deepEqual(await verifyCode(payload, { keyset, now }), { status: 'unsigned', claimed: code });
      }
      for (const vector of codes.refused) {
        await assert.rejects(verifyCode(vector.payload, { keyset, now: new Date(vector.now) }), (reason) => {
          assert.ok(reason instanceof SigningError || reason instanceof CodeError, vector.name);
          assert.equal(reason.code, vector.error, vector.name);
          return true;
        });
      }
    });
  });
}

describe('jose, as another participant would use it', () => {
  for (const vector of messages.requests.filter(({ key }) => key !== 'SM2SM3')) {
    it(`verifies ${vector.name}`, async () => {
      const { d: _, ...publicJwk } = messages.keys[vector.key];
      const [header = '', , signature = ''] = vector.signature.split('.');
      const payload = Buffer.from(vector.body).toString('base64url');
      const crit = Object.fromEntries(
        ['iat', 'jti', 'iss', 'aud', 'htm', 'htu', 'idk'].map((name) => [name, true]),
      );
      const key = await importJWK({ ...publicJwk }, vector.key);
      const verified = await flattenedVerify({ protected: header, payload, signature }, key, { crit });
      assert.equal(Buffer.from(verified.payload).toString(), vector.body);
    });
  }
});

function readValidity({ notBefore, expiresAt, revokedAt }: RefusedVector): KeyValidity {
  return {
    ...(notBefore === undefined ? {} : { notBefore: new Date(notBefore) }),
    ...(expiresAt === undefined ? {} : { expiresAt: new Date(expiresAt) }),
    ...(revokedAt === undefined ? {} : { revokedAt: new Date(revokedAt) }),
  };
}

function readVectors<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../../../spec/vectors/signing/${name}`, import.meta.url), 'utf8'));
}
