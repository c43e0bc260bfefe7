import assert from 'node:assert/strict';
import { isUuid7, type PaymentId } from '@barlink/protocol';
import { generateSigningKey, type SigningKey } from '@barlink/signing';
import { createWallet, newIdempotencyKey, SdkError } from '../src/index.ts';
import { merchant, payment, paymentId, problem } from './support/samples.ts';
import { createSwitchDouble, type SwitchDouble } from './support/switch-double.ts';

const participantId = 'wallet-jade';
const pay = { payload: 'text', tokenId: 'token', amount: { currency: 'CNY', minor: 1250n } };

describe('requests to the switch', () => {
  let key: SigningKey;
  let double: SwitchDouble;
  const open: { close(): Promise<void> }[] = [];

  before(async () => {
    key = await generateSigningKey('ES256');
  });
  beforeEach(async () => {
    double = await createSwitchDouble({ participantId, key });
    open.push(double);
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((part) => part.close()));
  });

  function walletOf(options: { deadlineMs?: number; switchKeys?: readonly unknown[] } = {}) {
    const wallet = createWallet({ switchUrl: double.url, participantId, key, ...options });
    open.push(wallet);
    return wallet;
  }

  it('are signed, carry an idempotency key, and give typed answers', async () => {
    double.script({ status: 201, value: payment });
    const paid = await walletOf().pay(pay);
    const [heard] = double.heard;
    assert.equal(heard?.path, '/v1/payments');
    assert.equal(isUuid7(heard?.message.idempotencyKey ?? ''), true);
    assert.deepEqual(heard?.body, {
      presentment: 'merchant',
      payload: 'text',
      tokenId: 'token',
      amount: { currency: 'CNY', minor: '1250' },
    });
    assert.deepEqual(paid, {
      paymentId: paymentId as PaymentId,
      kind: 'purchase',
      presentment: 'merchant',
      state: 'captured',
      amount: { currency: 'CNY', minor: 1250n },
      issuer: 'bank-north',
      acquirer: 'acquirer-east',
      merchant,
      createdAt: new Date('2026-03-01T08:00:00.000Z'),
      decidedAt: new Date('2026-03-01T08:00:00.100Z'),
    });
  });

  it('are sent again after a broken connection with the same idempotency key, signed anew', async () => {
    double.script('drop', 'drop', { status: 201, value: payment });
    await walletOf().pay(pay);
    assert.equal(double.heard.length, 3);
    assert.equal(new Set(double.heard.map(({ message }) => message.idempotencyKey)).size, 1);
    assert.equal(new Set(double.heard.map(({ message }) => message.jti)).size, 3);
  });

  it('share signatures when many are made at once; one alone has the plain form', async () => {
    double.script({ status: 200, value: payment });
    const wallet = walletOf();
    await Promise.all(Array.from({ length: 10 }, () => wallet.payment(paymentId)));
    const batches = new Set(double.heard.map(({ signature }) => signature.split('~')[1]));
    assert.ok(batches.size < 10 && !batches.has(undefined), `${batches.size} signatures for 10 requests`);
    await wallet.payment(paymentId);
    assert.equal(double.heard.at(-1)?.signature.includes('~'), false);
  });

  it('use the idempotency key of the caller', async () => {
    double.script({ status: 201, value: payment });
    const idempotencyKey = newIdempotencyKey(new Date());
    await walletOf().pay({ ...pay, idempotencyKey });
    assert.equal(double.heard[0]?.message.idempotencyKey, idempotencyKey);
  });

  it('that only ask carry none', async () => {
    double.script({ status: 200, value: payment });
    await walletOf().payment(paymentId);
    assert.equal(double.heard[0]?.method, 'GET');
    assert.equal(double.heard[0]?.message.idempotencyKey, undefined);
  });

  it('are sent again after a refusal that may pass', async () => {
    double.script(
      { status: 409, value: problem(409, 'IDEMPOTENCY_IN_PROGRESS', 'retryable') },
      { status: 502, value: {}, sign: 'not' },
      { status: 201, value: payment },
    );
    await walletOf().pay(pay);
    assert.equal(double.heard.length, 3);
  });

  it('that are refused for good tell the code, the place and the trace', async () => {
    double.script({ status: 404, value: problem(404, 'TOKEN_ID_UNKNOWN', 'for good') });
    await assert.rejects(walletOf().pay(pay), (error: SdkError) => {
      assert.equal(error instanceof SdkError, true);
      assert.equal(error.code, 'TOKEN_ID_UNKNOWN');
      assert.equal(error.path, '/tokenId');
      assert.equal(error.traceId, 'trace-1');
      assert.equal(error.status, 404);
      assert.equal(error.retryable, false);
      assert.equal(isUuid7(error.idempotencyKey ?? ''), true);
      return true;
    });
    assert.equal(double.heard.length, 1);
  });

  it('end at the deadline when no answer comes', async () => {
    double.script('silence');
    const startedAt = performance.now();
    await assert.rejects(walletOf({ deadlineMs: 200 }).pay(pay), { code: 'SWITCH_TIMEOUT', retryable: true });
    assert.equal(performance.now() - startedAt < 2000, true);
  });

  it('end at the deadline when the switch cannot be reached', async () => {
    const wallet = walletOf({ deadlineMs: 400 });
    await double.close();
    await assert.rejects(wallet.pay(pay), { code: 'SWITCH_UNREACHABLE', retryable: true });
  });

  for (const sign of ['not', 'other request'] as const) {
    it(`do not believe an answer that is signed ${sign}`, async () => {
      double.script({ status: 201, value: payment, sign });
      await assert.rejects(walletOf().pay(pay), { code: 'ANSWER_SIGNATURE_INVALID' });
      assert.equal(double.heard.length, 1);
    });
  }

  it('tell what an unsigned refusal claims to be', async () => {
    double.script({ status: 401, value: problem(401, 'SIGNATURE_KEY_UNKNOWN', 'for good'), sign: 'not' });
    await assert.rejects(walletOf().pay(pay), {
      code: 'ANSWER_SIGNATURE_INVALID',
      claimedCode: 'SIGNATURE_KEY_UNKNOWN',
    });
  });

  it('refuse a signed answer that is not what was asked for', async () => {
    double.script({ status: 200, value: { ...payment, amount: { currency: 'CNY', minor: 1250 } } });
    await assert.rejects(walletOf().payment(paymentId), {
      code: 'ANSWER_BODY_INVALID',
      path: '/amount/minor',
    });
  });

  it('follow the switch to a new key', async () => {
    double.script({ status: 200, value: payment });
    const wallet = walletOf();
    await wallet.payment(paymentId);
    await double.rotate();
    await new Promise((resolve) => setTimeout(resolve, 2100));
    await wallet.payment(paymentId);
    assert.deepEqual(double.opened, ['/v1/keys', '/v1/keys']);
  });

  it('know pinned keys only, when keys are pinned', async () => {
    double.script({ status: 200, value: payment });
    const wallet = walletOf({ switchKeys: [double.jwk] });
    await wallet.payment(paymentId);
    await double.rotate();
    await assert.rejects(wallet.payment(paymentId), { code: 'ANSWER_SIGNATURE_INVALID' });
    assert.deepEqual(double.opened, []);
  });
});
