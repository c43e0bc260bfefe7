import assert from 'node:assert/strict';
import { declineAll, makeCode, makeToken, startNetwork, type TestNetwork, yuan } from '../support/network.ts';
import { assertRefused, outboxIsEmpty, type RefusalRow, testRefusals } from '../support/refusals.ts';
import type { Received } from '../support/sender.ts';

interface Given extends TestNetwork {
  readonly payload: string;
  readonly tokenId: string;
  /** Payments of 1000 by what became of them. */
  readonly made: Readonly<Record<'captured' | 'partlyRefunded' | 'declined' | 'reversed' | 'refund', string>>;
}

async function pay(given: Pick<Given, 'wallet' | 'payload' | 'tokenId'>, minor = 1000): Promise<string> {
  const { wallet, payload, tokenId } = given;
  const request = { presentment: 'merchant', payload, tokenId, amount: yuan(minor) };
  const { body } = await wallet.send('POST', '/v1/payments', request);
  return body.paymentId;
}

function refund(sender: TestNetwork['acquirer'], paymentId: string, minor: number): Promise<Received> {
  return sender.send('POST', `/v1/payments/${paymentId}/refunds`, { amount: yuan(minor) });
}

function reverse(sender: TestNetwork['acquirer'], paymentId: string, reason = 'MERCHANT_REQUESTED') {
  return sender.send('POST', `/v1/payments/${paymentId}/reverse`, { reason });
}

async function start(network: TestNetwork): Promise<Given> {
  const { acquirer, wallet, bank } = network;
  const { payload } = await makeCode(acquirer);
  const { tokenId } = await makeToken(wallet, bank);
  const ready = { ...network, payload, tokenId };
  const captured = await pay(ready);
  const partlyRefunded = await pay(ready);
  const { body } = await refund(acquirer, partlyRefunded, 400);
  const reversed = await pay(ready);
  await reverse(acquirer, reversed);
  const { reply } = bank;
  bank.reply = declineAll(reply);
  const declined = await pay(ready);
  bank.reply = reply;
  return { ...ready, made: { captured, partlyRefunded, declined, reversed, refund: body.paymentId } };
}

const refusals: readonly RefusalRow<Given>[] = [
  {
    it: 'a refund of more than was captured',
    code: 'REFUND_AMOUNT_EXCEEDED',
    path: '/amount/minor',
    send: ({ acquirer, made }) => refund(acquirer, made.captured, 1001),
  },
  {
    it: 'a refund of more than is left',
    code: 'REFUND_AMOUNT_EXCEEDED',
    path: '/amount/minor',
    send: ({ acquirer, made }) => refund(acquirer, made.partlyRefunded, 601),
  },
  {
    it: 'a refund of a refund',
    code: 'PAYMENT_STATE_CONFLICT',
    send: ({ acquirer, made }) => refund(acquirer, made.refund, 1),
  },
  {
    it: 'a refund of a declined payment',
    code: 'PAYMENT_STATE_CONFLICT',
    send: ({ acquirer, made }) => refund(acquirer, made.declined, 1),
  },
  {
    it: 'a refund of a reversed payment',
    code: 'PAYMENT_STATE_CONFLICT',
    send: ({ acquirer, made }) => refund(acquirer, made.reversed, 1),
  },
  {
    it: 'a refund by another acquirer',
    code: 'PAYMENT_ID_UNKNOWN',
    send: ({ otherAcquirer, made }) => refund(otherAcquirer, made.captured, 1),
  },
  {
    it: 'a refund of what is no payment',
    code: 'ID_FORMAT_INVALID',
    path: '/paymentId',
    send: ({ acquirer }) => refund(acquirer, 'payment-1', 1),
  },
  {
    it: 'a reversal of a payment with a refund',
    code: 'REVERSAL_REFUND_EXISTS',
    send: ({ acquirer, made }) => reverse(acquirer, made.partlyRefunded),
  },
  {
    it: 'a reversal of a refund',
    code: 'PAYMENT_STATE_CONFLICT',
    send: ({ acquirer, made }) => reverse(acquirer, made.refund),
  },
  {
    it: 'a second reversal',
    code: 'PAYMENT_STATE_CONFLICT',
    send: ({ acquirer, made }) => reverse(acquirer, made.reversed),
  },
  {
    it: 'a reversal of a declined payment',
    code: 'PAYMENT_STATE_CONFLICT',
    send: ({ acquirer, made }) => reverse(acquirer, made.declined),
  },
  {
    it: 'a reversal by another acquirer',
    code: 'PAYMENT_ID_UNKNOWN',
    send: ({ otherAcquirer, made }) => reverse(otherAcquirer, made.captured),
  },
  {
    it: 'a reversal for a reason nobody knows',
    code: 'MESSAGE_MEMBER_INVALID',
    path: '/reason',
    send: ({ acquirer, made }) => reverse(acquirer, made.captured, 'BAD_MOOD'),
  },
];

describe('refunds and reversals', () => {
  let network: TestNetwork;
  let given: Given;
  before(async () => {
    network = await startNetwork();
    given = await start(network);
  });
  after(async () => {
    await network.stop();
    assert.deepEqual(network.switch.faults, []);
  });

  describe('are refused:', () => testRefusals(() => given, refusals));

  async function netPositions(): Promise<Record<string, number>> {
    const { body } = await network.switch.operator.send('GET', '/admin/v1/positions');
    return Object.fromEntries(
      body.positions.map(({ participant, net }: { participant: string; net: string }) => [
        participant,
        Number(net),
      ]),
    );
  }

  it('give back what is left, to the last fen', async () => {
    const before = await netPositions();
    const { body } = await refund(given.acquirer, given.made.partlyRefunded, 600);
    assert.deepEqual([body.kind, body.state, body.amount], ['refund', 'captured', yuan(600)]);
    assert.equal(body.originalPaymentId, given.made.partlyRefunded);
    assertRefused(await refund(given.acquirer, given.made.partlyRefunded, 1), {
      code: 'REFUND_AMOUNT_EXCEEDED',
      path: '/amount/minor',
    });
    const after = await netPositions();
    assert.equal((after['bank-north'] ?? 0) - (before['bank-north'] ?? 0), 600);
    assert.equal((after['acquirer-east'] ?? 0) - (before['acquirer-east'] ?? 0), -600);
  });

  it('never exceed the payment, however many come at once', async () => {
    const paymentId = await pay(given, 1000);
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => refund(given.acquirer, paymentId, 90)),
    );
    const outcomes = answers.map(({ body }) => body.state ?? body.code).sort();
    assert.deepEqual(outcomes, [...Array(9).fill('REFUND_AMOUNT_EXCEEDED'), ...Array(11).fill('captured')]);
  });

  it('are free again when the issuer declines the refund', async () => {
    const paymentId = await pay(given, 1000);
    const { reply } = given.bank;
    given.bank.reply = declineAll(reply);
    const declined = await refund(given.acquirer, paymentId, 1000);
    given.bank.reply = reply;
    assert.deepEqual([declined.body.state, declined.body.reason], ['declined', 'INSUFFICIENT_FUNDS']);
    const accepted = await refund(given.acquirer, paymentId, 1000);
    assert.equal(accepted.body.state, 'captured');
  });

  it('happen only one at a time: of 10 reversals and 10 refunds at once one kind wins', async () => {
    const paymentId = await pay(given, 1000);
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, at) =>
        at % 2 === 0 ? reverse(given.acquirer, paymentId) : refund(given.acquirer, paymentId, 100),
      ),
    );
    const outcomes = new Set(answers.map(({ body }) => body.code ?? `${body.kind} ${body.state}`));
    const isReversed = outcomes.has('purchase reversed');
    const expected = isReversed
      ? ['PAYMENT_STATE_CONFLICT', 'purchase reversed']
      : ['REVERSAL_REFUND_EXISTS', 'refund captured'];
    assert.deepEqual([...outcomes].sort(), expected);
  });

  it('are told to everyone concerned, and the issuer has to undo a reversed payment', async () => {
    const paymentId = await pay(given, 1000);
    const before = await netPositions();
    const { body } = await reverse(given.acquirer, paymentId);
    assert.deepEqual([body.state, body.reason], ['reversed', 'MERCHANT_REQUESTED']);
    await outboxIsEmpty(network.switch);
    const undone = await given.bank.waitFor(
      (message) => message.path === '/reversals' && message.body.paymentId === paymentId,
    );
    assert.deepEqual(undone.body, { paymentId, reason: 'MERCHANT_REQUESTED' });
    for (const party of [given.wallet, given.acquirer]) {
      const events = party.received.flatMap((message) => message.body.events ?? []);
      const told = events.filter((event) => event.payment.paymentId === paymentId);
      assert.equal(told.at(-1)?.type, 'payment.reversed', party.id);
    }
    const after = await netPositions();
    assert.equal((after['bank-north'] ?? 0) - (before['bank-north'] ?? 0), 1000);
  });
});
