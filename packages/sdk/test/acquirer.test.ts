import assert from 'node:assert/strict';
import { encodeMerchantCode, findSignature } from '@barlink/codes';
import { codeKeyId, generateSigningKey, type SigningKey } from '@barlink/signing';
import {
  type Acquirer,
  type Connected,
  createAcquirer,
  createMerchant,
  type MerchantClient,
} from '../src/index.ts';
import { codeId, codeResource, merchant, payment, paymentId } from './support/samples.ts';
import { createSwitchDouble, type SwitchDouble } from './support/switch-double.ts';

const participantId = 'acquirer-east';

function payloadOf(changes: Partial<Parameters<typeof encodeMerchantCode>[0]> = {}): string {
  const { id, ...shown } = merchant;
  const fields = {
    acquirer: '300001',
    merchantId: id,
    codeId,
    ...shown,
    currency: '156',
    mode: 'static' as const,
  };
  return encodeMerchantCode({ ...fields, ...changes });
}

describe('an acquirer and its merchants', () => {
  let key: SigningKey;
  let codeKey: SigningKey;
  let double: SwitchDouble;
  let acquirer: Connected<Acquirer>;
  let teahouse: MerchantClient;

  before(async () => {
    key = await generateSigningKey('ES256');
    codeKey = await generateSigningKey('EdDSA');
    double = await createSwitchDouble({ participantId, key });
    acquirer = createAcquirer({ switchUrl: double.url, participantId, key, codeKey });
    teahouse = createMerchant({
      acquirer,
      merchant,
      currency: 'CNY',
      now: () => new Date('2026-03-01T08:00:00Z'),
    });
  });
  after(async () => {
    await acquirer.close();
    await double.close();
  });

  it('print a static code with a signature', async () => {
    double.script({ status: 201, value: codeResource(payloadOf()) });
    const code = await teahouse.staticCode();
    assert.equal(findSignature(code.text)?.keyId, codeKeyId(codeKey.kid));
    assert.equal(findSignature(code.payload), undefined);
    assert.deepEqual(double.heard.at(-1)?.body, { merchant, mode: 'static', currency: 'CNY' });
  });

  it('print a static code bound to its store and terminal', async () => {
    const place = { store: 'WEST LAKE', terminal: 'TABLE 4' };
    double.script({ status: 201, value: codeResource(payloadOf(place), place) });
    const { store, terminal, text } = await teahouse.staticCode(place);
    assert.deepEqual({ store, terminal }, place);
    assert.match(findSignature(text)?.signedText ?? '', /0309WEST LAKE.*0707TABLE 4/);
    assert.deepEqual(double.heard.at(-1)?.body, { merchant, mode: 'static', currency: 'CNY', ...place });
  });

  it('show a dynamic code that ends after five minutes', async () => {
    const amount = { currency: 'CNY', minor: '1250' };
    const payload = payloadOf({ mode: 'dynamic', amount: '12.50', reference: 'SALE-1' });
    double.script({
      status: 201,
      value: codeResource(payload, { mode: 'dynamic', amount, reference: 'SALE-1' }),
    });
    await teahouse.dynamicCode({ amountMinor: 1250n, reference: 'SALE-1' });
    assert.deepEqual(double.heard.at(-1)?.body, {
      merchant,
      mode: 'dynamic',
      currency: 'CNY',
      amount,
      reference: 'SALE-1',
      expiresAt: '2026-03-01T08:05:00.000Z',
    });
  });

  for (const [what, changes] of Object.entries({
    'another payee': { name: 'Somebody Else' },
    'another merchant id': { merchantId: 'OTHER' },
    'another acquirer': { acquirer: '300009' },
    'an amount nobody asked for': { amount: '99.00' },
    'another currency': { currency: '840' },
    'a store nobody asked for': { store: 'ELSEWHERE' },
    'a terminal nobody asked for': { terminal: '9' },
  })) {
    it(`refuse to sign a registered payload with ${what}`, async () => {
      double.script({ status: 201, value: codeResource(payloadOf(changes)) });
      await assert.rejects(teahouse.staticCode(), { code: 'ANSWER_BODY_INVALID', path: '/payload' });
    });
  }

  it("take a payer's code, refund and reverse", async () => {
    double.script({ status: 201, value: { ...payment, presentment: 'consumer' } });
    await teahouse.accept({ payload: '390001358428485123041264', amountMinor: 1250n });
    assert.deepEqual(double.heard.at(-1)?.body, {
      presentment: 'consumer',
      payload: '390001358428485123041264',
      amount: { currency: 'CNY', minor: '1250' },
      merchant,
    });
    double.script({ status: 201, value: { ...payment, kind: 'refund', originalPaymentId: paymentId } });
    const refund = await teahouse.refund(paymentId, { amountMinor: 250n });
    assert.equal(refund.originalPaymentId, paymentId);
    assert.equal(double.heard.at(-1)?.path, `/v1/payments/${paymentId}/refunds`);
    double.script({ status: 200, value: { ...payment, state: 'reversed', reason: 'MERCHANT_REQUESTED' } });
    const reversed = await acquirer.reverse(paymentId);
    assert.equal(reversed.reason, 'MERCHANT_REQUESTED');
    assert.deepEqual(double.heard.at(-1)?.body, { reason: 'MERCHANT_REQUESTED' });
  });
});
