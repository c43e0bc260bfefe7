import assert from 'node:assert/strict';
import { createPayerCode, readProvision } from '@barlink/tokens';
import { makeCode, makeToken, merchant, startNetwork, type TestNetwork, yuan } from '../support/network.ts';

describe('POST /v1/payments', () => {
  let network: TestNetwork;
  before(async () => {
    network = await startNetwork();
  });
  after(async () => {
    await network.stop();
    assert.deepEqual(network.switch.faults, []);
  });

  it('pays a static merchant code from scan to position', async () => {
    const { acquirer, wallet, bank } = network;
    const { payload, codeId } = await makeCode(acquirer);
    const { tokenId } = await makeToken(wallet, bank);
    const request = { presentment: 'merchant', payload, tokenId, amount: yuan(1250) };
    const answer = await wallet.send('POST', '/v1/payments', request);
    assert.equal(answer.status, 201, answer.text);
    assert.deepEqual(
      { ...answer.body, paymentId: 0, createdAt: 0, decidedAt: 0 },
      {
        paymentId: 0,
        kind: 'purchase',
        presentment: 'merchant',
        state: 'captured',
        amount: yuan(1250),
        issuer: 'bank-north',
        acquirer: 'acquirer-east',
        wallet: 'wallet-jade',
        merchant,
        codeId,
        createdAt: 0,
        decidedAt: 0,
      },
    );
    const { body } = await acquirer.waitFor(({ path }) => path === '/events');
    assert.equal(body.events[0].type, 'payment.captured');
    assert.equal(body.events[0].payment.wallet, undefined);
    const positions = await network.switch.operator.send('GET', '/admin/v1/positions');
    const net = Object.fromEntries(
      positions.body.positions.map((position: { participant: string; net: string }) => [
        position.participant,
        position.net,
      ]),
    );
    assert.equal(net['bank-north'], '-1250');
    assert.equal(net['acquirer-east'], '1250');
  });

  it('pays a payer code once', async () => {
    const { acquirer, wallet, bank } = network;
    const { payerCode } = await makeToken(wallet, bank);
    const { text } = createPayerCode({ ...readProvision(payerCode), now: new Date(), counter: 1 });
    const request = { presentment: 'consumer', payload: text, amount: yuan(300), merchant };
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => acquirer.send('POST', '/v1/payments', request)),
    );
    assert.deepEqual(
      answers.map((answer) => `${answer.status} ${answer.body.state} ${answer.body.reason ?? ''}`).sort(),
      ['201 captured ', ...Array.from({ length: 19 }, () => '201 declined PAYER_CODE_USED')],
    );
  });
});
