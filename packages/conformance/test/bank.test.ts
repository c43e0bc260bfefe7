import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { formatUuid7 } from '@barlink/protocol';
import { generateSigningKey } from '@barlink/signing';
import { type AccountBehaviour, type Bank, createBank } from '../src/index.ts';
import { createSwitchVoice, type SwitchVoice } from './support/switch-voice.ts';

const merchant = { id: 'TEA-01', name: 'Teahouse', city: 'Chengdu', category: '5812', country: 'CN' };

describe('a simulated bank', () => {
  let bank: Bank;
  let voice: SwitchVoice;
  let url: string;

  before(async () => {
    const key = await generateSigningKey('ES256');
    voice = await createSwitchVoice('bank-north', key);
    bank = createBank({
      switchUrl: 'http://127.0.0.1:9',
      switchKeys: [voice.jwk],
      participantId: 'bank-north',
      key,
      accounts: [],
    });
    ({ url } = await bank.listen({ port: 0 }));
  });
  after(() => bank.close());

  beforeEach(() => {
    bank.openAccount({ account: 'A-1001', balances: [{ currency: 'CNY', minor: 10_000n }] });
  });

  function newPaymentId(): string {
    return formatUuid7(Date.now(), randomBytes(10));
  }

  async function authorize(
    options: { minor?: bigint; paymentId?: string; kind?: string; account?: string } = {},
  ) {
    const { minor = 1000n, paymentId = newPaymentId(), kind = 'purchase', account = 'A-1001' } = options;
    const answer = await voice.ask(url, '/authorizations', {
      paymentId,
      kind,
      presentment: 'merchant',
      account,
      accountMarking: '0'.repeat(29),
      amount: { currency: 'CNY', minor: String(minor) },
      acquirer: 'acquirer-east',
      merchant,
      deadline: new Date(Date.now() + 200).toISOString(),
    });
    const outcome = typeof answer === 'string' ? answer : (answer as { outcome: string }).outcome;
    return { paymentId, answer, outcome };
  }

  async function inquire(paymentId: string) {
    const answer = await voice.ask(url, `/authorizations/${paymentId}/inquiry`, {});
    return typeof answer === 'string' ? answer : (answer as { outcome: string }).outcome;
  }

  async function reverse(paymentId: string) {
    const answer = await voice.ask(url, '/reversals', { paymentId, reason: 'ISSUER_TIMEOUT' });
    return (answer as { outcome: string }).outcome;
  }

  it('takes from the account until it is empty, and gives refunds back', async () => {
    const before = bank.balance('A-1001', 'CNY');
    assert.equal((await authorize({ minor: before })).outcome, 'approved');
    assert.equal(bank.balance('A-1001', 'CNY'), 0n);
    const refused = await authorize({ minor: 1n });
    assert.deepEqual(refused.answer, {
      paymentId: refused.paymentId,
      outcome: 'declined',
      reason: 'INSUFFICIENT_FUNDS',
    });
    assert.equal((await authorize({ minor: before, kind: 'refund' })).outcome, 'approved');
    assert.equal(bank.balance('A-1001', 'CNY'), before);
  });

  it('books a payment once, however often it is asked', async () => {
    const netBefore = bank.net('CNY');
    const paymentId = newPaymentId();
    await Promise.all([1, 2, 3].map(() => authorize({ paymentId })));
    assert.equal(bank.net('CNY') - netBefore, -1000n);
  });

  it('gives a reversed payment back once', async () => {
    const netBefore = bank.net('CNY');
    const { paymentId } = await authorize();
    assert.equal(await reverse(paymentId), 'reversed');
    assert.equal(await reverse(paymentId), 'reversed');
    assert.equal(bank.net('CNY'), netBefore);
    assert.equal(bank.book.findBooking(paymentId), undefined);
    assert.equal(await inquire(paymentId), 'reversed');
  });

  it('knows no account it has not opened', async () => {
    const { answer } = await authorize({ account: 'NOBODY' });
    assert.equal((answer as { reason: string }).reason, 'ACCOUNT_CLOSED');
    const approval = await voice.ask(url, '/token-approvals', {
      tokenId: newPaymentId(),
      requestorId: '00010000021',
      accountMarking: '0'.repeat(29),
      wallet: 'wallet-jade',
      account: 'NOBODY',
    });
    assert.deepEqual(approval, { outcome: 'declined', reason: 'ACCOUNT_CLOSED' });
  });

  // behaviour, what the switch sees, what an inquiry finds, what is booked
  const behaviours: readonly [AccountBehaviour, string, string, bigint][] = [
    ['approve', 'approved', 'approved', -1000n],
    [{ decline: 'SUSPECTED_FRAUD' }, 'declined', 'declined', 0n],
    [{ slowMs: 50 }, 'approved', 'approved', -1000n],
    ['timeout', 'no answer', 'not_found', 0n],
    ['answerLate', 'no answer', 'approved', -1000n],
    ['dropConnection', 'connection cut', 'approved', -1000n],
    ['badSignature', 'signature wrong', 'approved', -1000n],
    ['unreachable', 'no answer', 'no answer', -1000n],
  ];
  for (const [behaviour, seen, found, booked] of behaviours) {
    const name = typeof behaviour === 'string' ? behaviour : JSON.stringify(behaviour);
    it(`with ${name}: the switch sees ${seen}, an inquiry ${found}, ${booked} is booked`, async () => {
      bank.setBehaviour('A-1001', behaviour);
      const netBefore = bank.net('CNY');
      const { paymentId, outcome } = await authorize();
      assert.equal(outcome, seen);
      assert.equal(await inquire(paymentId), found);
      assert.equal(bank.net('CNY') - netBefore, booked);
      await reverse(paymentId);
      assert.equal(bank.net('CNY'), netBefore);
    });
  }
});
