import assert from 'node:assert/strict';
import { makeCode, makeToken, startNetwork, type TestNetwork, yuan } from '../support/network.ts';
import { agreeable } from '../support/participant-double.ts';
import { assertRefused } from '../support/refusals.ts';
import { newUuid7 } from '../support/sender.ts';

describe('guards at the edge', () => {
  let network: TestNetwork;
  let request: object;
  before(async () => {
    network = await startNetwork({
      settings: { lookupsPerSecond: 5, answerDeadlineMs: 600, issuerDeadlineMs: 5000 },
    });
    const { payload } = await makeCode(network.acquirer);
    const { tokenId } = await makeToken(network.wallet, network.bank);
    request = { presentment: 'merchant', payload, tokenId, amount: yuan(100) };
  });
  after(() => network.stop());

  it('answers a flood of look-ups with 429 and pays meanwhile', async () => {
    const { wallet, acquirer } = network;
    const paid = await wallet.send('POST', '/v1/payments', request);
    const target = `/v1/payments/${paid.body.paymentId}`;
    const answers = await Promise.all(Array.from({ length: 40 }, () => wallet.send('GET', target)));
    const refused = answers.filter(({ status }) => status === 429);
    assert.ok(refused.length >= 15, `${refused.length} refused`);
    assert.ok(answers.some(({ status }) => status === 200));
    for (const answer of refused) {
      // Those that come once the allowance is known to be used up are not even verified.
      const { isSigned } = answer;
      assertRefused(answer, { code: 'SENDER_RATE_EXCEEDED', ...(isSigned ? {} : { isUnsigned: true }) });
      assert.equal(answer.headers.get('retry-after'), '1');
    }
    assert.equal((await wallet.send('POST', '/v1/payments', request)).body.state, 'captured');
    assert.equal((await acquirer.send('GET', target)).status, 200, 'others are not concerned');
  });

  it('tells who waits too long so, and the outcome to the same request sent again', async () => {
    const { wallet, bank } = network;
    bank.reply = async (message) => {
      const reply = await agreeable(message);
      return message.path === '/authorizations' && typeof reply === 'object'
        ? { ...reply, delayMs: 1200 }
        : reply;
    };
    const idempotencyKey = newUuid7();
    const late = await wallet.send('POST', '/v1/payments', request, { idempotencyKey });
    assertRefused(late, { code: 'SWITCH_DEADLINE_EXCEEDED' });
    assert.equal(late.headers.get('retry-after'), '1');
    for (;;) {
      const again = await wallet.send('POST', '/v1/payments', request, { idempotencyKey });
      if (again.status === 201) {
        assert.equal(again.body.state, 'captured');
        break;
      }
      assert.equal(again.body.retryable, true, again.text);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    bank.reply = agreeable;
  });

  it('sends the last word of a payment without asking the database again, and any other as it is', async () => {
    const { wallet, bank, acquirer, switch: network_ } = network;
    const paid = await wallet.send('POST', '/v1/payments', request);
    const target = `/v1/payments/${paid.body.paymentId}`;
    await allowance();
    assert.equal((await wallet.send('GET', target)).body.state, 'captured');
    await acquirer.send('POST', `${target}/reverse`, { reason: 'MERCHANT_REQUESTED' });
    assert.equal((await wallet.send('GET', target)).body.state, 'reversed', 'a captured one is read again');
    await bank.waitFor(({ path, body }) => path === '/reversals' && body.paymentId === paid.body.paymentId);
    // The rows cannot change, so what is kept is what they say; hidden, they are not missed.
    await network_.database.pool.query('alter table payments rename to payments_hidden');
    try {
      assert.equal((await wallet.send('GET', target)).body.state, 'reversed');
    } finally {
      await network_.database.pool.query('alter table payments_hidden rename to payments');
    }
    const stranger = await network.otherWallet.send('GET', target);
    assertRefused(stranger, { code: 'PAYMENT_ID_UNKNOWN' });
  });

  /** Waits until the second of the allowance is over. */
  async function allowance(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 1100));
  }
});
