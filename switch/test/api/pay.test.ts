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

  it('tells the account marking to issuer and operator, and not to the acquirer', async () => {
    const { acquirer, wallet, bank } = network;
    const { payload } = await makeCode(acquirer);
    const [one, other] = [await makeToken(wallet, bank), await makeToken(wallet, bank)];
    const marking = one.accountMarking;
    assert.equal(other.accountMarking, marking);
    for (const { tokenId, payerCode } of [one, other]) {
      const { text } = createPayerCode({ ...readProvision(payerCode), now: new Date(), counter: 0 });
      const scanned = { presentment: 'merchant', payload, tokenId, amount: yuan(700) };
      const shown = { presentment: 'consumer', payload: text, amount: yuan(700), merchant };
      const paid = [
        await wallet.send('POST', '/v1/payments', scanned),
        await acquirer.send('POST', '/v1/payments', shown),
      ];
      for (const { body: payment, text: answer } of paid) {
        const path = `/v1/payments/${payment.paymentId}`;
        const asked = await bank.waitFor(({ body }) => body.paymentId === payment.paymentId);
        assert.equal(asked.body.accountMarking, marking);
        const trace = await network.switch.operator.send('GET', `/admin${path}`);
        assert.equal(trace.body.accountMarking, marking, trace.text);
        const told = [answer, (await acquirer.send('GET', path)).text];
        const heard = acquirer.received.map(({ body }) => JSON.stringify(body));
        assert.ok(![...told, ...heard].some((text) => text.includes(marking)));
      }
      const refund = await acquirer.send('POST', `/v1/payments/${paid[0]?.body.paymentId}/refunds`, {
        amount: yuan(700),
      });
      const asked = await bank.waitFor(({ body }) => body.paymentId === refund.body.paymentId);
      assert.equal(asked.body.accountMarking, marking);
    }
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
