import assert from 'node:assert/strict';
import {
  SigningError,
  type SigningErrorCode,
  signAnswer,
  signDetached,
  type VerifyAnswerOptions,
  verifyAnswer,
  verifyDetached,
} from '../src/index.ts';
import { body, flip, idempotencyKey, now, type Pair, pairOf, refused, requestId } from './message-fixture.ts';

describe('verifyAnswer', () => {
  const asked = { issuer: 'barlink-switch', audience: 'bank-a', requestId, status: 201 };
  const checkingAnswer = ({ publicKey }: Pair, change: Partial<VerifyAnswerOptions> = {}) => ({
    keyFor: () => publicKey,
    ...asked,
    now,
    ...change,
  });

  it('accepts the answer to the request that was sent', async () => {
    const pair = await pairOf('EdDSA');
    const signature = await signAnswer(body, { key: pair.key, ...asked, issuedAt: now });
    const verified = await verifyAnswer(body, signature, checkingAnswer(pair));
    assert.deepEqual(
      [verified.issuer, verified.kid, verified.issuedAt],
      ['barlink-switch', pair.key.kid, now],
    );
  });

  it('refuses another participant\u2019s answer, another receiver, request or status', async () => {
    const pair = await pairOf('EdDSA');
    const signature = await signAnswer(body, { key: pair.key, ...asked, issuedAt: now });
    const cases: [Partial<VerifyAnswerOptions>, SigningErrorCode, string][] = [
      [{ issuer: 'bank-b' }, 'SIGNATURE_ISSUER_MISMATCH', '/iss'],
      [{ audience: 'bank-b' }, 'SIGNATURE_AUDIENCE_MISMATCH', '/aud'],
      [{ requestId: idempotencyKey }, 'SIGNATURE_REQUEST_MISMATCH', '/rqi'],
      [{ status: 200 }, 'SIGNATURE_REQUEST_MISMATCH', '/sta'],
      [{ now: new Date(now.getTime() + 301_000) }, 'SIGNATURE_STALE', '/iat'],
      [{ keyFor: () => undefined }, 'SIGNATURE_KEY_UNKNOWN', '/kid'],
    ];
    for (const [change, code, path] of cases) {
      await assert.rejects(verifyAnswer(body, signature, checkingAnswer(pair, change)), refused(code, path));
    }
    await assert.rejects(
      verifyAnswer(flip(body, 9), signature, checkingAnswer(pair)),
      refused('SIGNATURE_INVALID'),
    );
    await assert.rejects(verifyAnswer(body, undefined, checkingAnswer(pair)), refused('SIGNATURE_MISSING'));
  });

  it('does not take a request for an answer, nor an answer for a request', async () => {
    const pair = await pairOf('ES256');
    const target = { audience: 'barlink-switch', method: 'POST', target: '/v1/payments' };
    const requestSignature = await signDetached(body, {
      key: pair.key,
      issuer: 'bank-a',
      ...target,
      issuedAt: now,
    });
    await assert.rejects(verifyAnswer(body, requestSignature, checkingAnswer(pair)), SigningError);
    const answerSignature = await signAnswer(body, { key: pair.key, ...asked, issuedAt: now });
    await assert.rejects(
      verifyDetached(body, answerSignature, { keyFor: () => pair.publicKey, ...target, now }),
      SigningError,
    );
  });
});
