import assert from 'node:assert/strict';
import { makeCode, makeToken, merchant, startNetwork, type TestNetwork, yuan } from '../support/network.ts';
import { assertRefused, type RefusalRow, testRefusals, writesNothing } from '../support/refusals.ts';
import type { Received } from '../support/sender.ts';

interface Given extends TestNetwork {
  readonly payload: string;
  readonly fixedPayload: string;
  readonly dollarPayload: string;
  readonly tokenId: string;
  readonly paymentId: string;
}

/** Where an amount can be sent, and where in the body it stands. */
const places: Readonly<
  Record<string, { path: string; send(given: Given, amount: unknown): Promise<Received> }>
> = {
  'a merchant-presented payment': {
    path: '/amount',
    send: ({ wallet, payload, tokenId }, amount) =>
      wallet.send('POST', '/v1/payments', { presentment: 'merchant', payload, tokenId, amount }),
  },
  'a consumer-presented payment': {
    path: '/amount',
    send: ({ acquirer }, amount) =>
      acquirer.send('POST', '/v1/payments', {
        presentment: 'consumer',
        payload: '390001123456780000000000',
        amount,
        merchant,
      }),
  },
  'a refund': {
    path: '/amount',
    send: ({ acquirer, paymentId }, amount) =>
      acquirer.send('POST', `/v1/payments/${paymentId}/refunds`, { amount }),
  },
  'a code': {
    path: '/amount',
    send: ({ acquirer }, amount) =>
      acquirer.send('POST', '/v1/codes', { merchant, mode: 'static', currency: 'CNY', amount }),
  },
  'a token’s limit': {
    path: '/paymentLimit',
    send: ({ wallet, bank }, paymentLimit) =>
      wallet.send('POST', '/v1/tokens', { issuer: bank.id, account: '6222021001116245702', paymentLimit }),
  },
  'a net debit cap': {
    path: '',
    send: ({ switch: { operator }, bank }, amount) =>
      operator.send('PUT', `/admin/v1/participants/${bank.id}/net-debit-caps`, amount),
  },
};

/** What is wrong with an amount whatever it is for. */
const wrong: readonly {
  readonly it: string;
  readonly amount: unknown;
  readonly code: string;
  readonly path: string;
}[] = [
  { it: 'negative', amount: minor('-5'), code: 'MONEY_AMOUNT_NEGATIVE', path: '/minor' },
  { it: 'over-precise', amount: minor('12.5'), code: 'MONEY_AMOUNT_PRECISION', path: '/minor' },
  { it: 'in scientific notation', amount: minor('1e3'), code: 'MONEY_AMOUNT_INVALID', path: '/minor' },
  { it: 'signed', amount: minor('+5'), code: 'MONEY_AMOUNT_INVALID', path: '/minor' },
  { it: 'empty', amount: minor(''), code: 'MONEY_AMOUNT_INVALID', path: '/minor' },
  { it: 'in other digits', amount: minor('١٢'), code: 'MONEY_AMOUNT_INVALID', path: '/minor' },
  { it: 'of 14 digits', amount: minor('10000000000000'), code: 'MONEY_AMOUNT_TOO_LARGE', path: '/minor' },
  {
    it: 'of 40 digits',
    amount: minor('9'.repeat(40)),
    code: 'MONEY_AMOUNT_TOO_LARGE',
    path: '/minor',
  },
  {
    it: 'of 65 digits',
    amount: minor('9'.repeat(65)),
    code: 'MESSAGE_MEMBER_INVALID',
    path: '/minor',
  },
  {
    it: 'a number',
    amount: { currency: 'CNY', minor: 5 },
    code: 'MESSAGE_MEMBER_INVALID',
    path: '/minor',
  },
  {
    it: 'in a currency that does not exist',
    amount: { currency: 'XXY', minor: '5' },
    code: 'MONEY_CURRENCY_UNKNOWN',
    path: '/currency',
  },
  {
    it: 'in a currency in lower case',
    amount: { currency: 'cny', minor: '5' },
    code: 'MONEY_CURRENCY_UNKNOWN',
    path: '/currency',
  },
  {
    it: 'in a currency by number',
    amount: { currency: '156', minor: '5' },
    code: 'MONEY_CURRENCY_UNKNOWN',
    path: '/currency',
  },
];

const zeros: typeof wrong = [
  { it: 'zero', amount: minor('0'), code: 'MONEY_AMOUNT_ZERO', path: '/minor' },
  { it: 'minus zero', amount: minor('-0'), code: 'MONEY_AMOUNT_ZERO', path: '/minor' },
  { it: 'zero in many digits', amount: minor('0000'), code: 'MONEY_AMOUNT_ZERO', path: '/minor' },
];

function minor(text: string) {
  return { currency: 'CNY', minor: text };
}

const agreed: readonly RefusalRow<Given>[] = [
  {
    it: 'none for a code without amount',
    code: 'PAYMENT_AMOUNT_MISSING',
    path: '/amount',
    send: ({ wallet, payload, tokenId }) =>
      wallet.send('POST', '/v1/payments', { presentment: 'merchant', payload, tokenId }),
  },
  {
    it: 'another one than the code’s',
    code: 'PAYMENT_AMOUNT_MISMATCH',
    path: '/amount/minor',
    send: ({ wallet, fixedPayload: payload, tokenId }) =>
      wallet.send('POST', '/v1/payments', { presentment: 'merchant', payload, tokenId, amount: yuan(1) }),
  },
  ...(['payload', 'fixedPayload'] as const).map(
    (which): RefusalRow<Given> => ({
      it: `in another currency than the code’s (${which})`,
      code: 'PAYMENT_CURRENCY_MISMATCH',
      path: '/amount/currency',
      send: ({ wallet, tokenId, ...given }) =>
        wallet.send('POST', '/v1/payments', {
          presentment: 'merchant',
          payload: given[which],
          tokenId,
          amount: { currency: 'USD', minor: '888' },
        }),
    }),
  ),
  {
    it: 'in a currency in which a party has no position',
    code: 'POSITION_CURRENCY_UNKNOWN',
    path: '/amount/currency',
    send: ({ wallet, dollarPayload: payload, tokenId }) =>
      wallet.send('POST', '/v1/payments', {
        presentment: 'merchant',
        payload,
        tokenId,
        amount: { currency: 'USD', minor: '1' },
      }),
  },
  {
    it: 'of a refund in another currency than the payment’s',
    code: 'PAYMENT_CURRENCY_MISMATCH',
    path: '/amount/currency',
    send: ({ acquirer, paymentId }) =>
      acquirer.send('POST', `/v1/payments/${paymentId}/refunds`, { amount: { currency: 'USD', minor: '1' } }),
  },
  {
    it: 'of a code in another currency than the code’s',
    code: 'PAYMENT_CURRENCY_MISMATCH',
    path: '/amount/currency',
    send: ({ acquirer }) =>
      acquirer.send('POST', '/v1/codes', {
        merchant,
        mode: 'static',
        currency: 'CNY',
        amount: { currency: 'USD', minor: '1' },
      }),
  },
  {
    it: 'of a code in a currency that does not exist',
    code: 'MONEY_CURRENCY_UNKNOWN',
    path: '/currency',
    send: ({ acquirer }) => acquirer.send('POST', '/v1/codes', { merchant, mode: 'static', currency: 'ABC' }),
  },
];

describe('amounts are refused', () => {
  let network: TestNetwork;
  let given: Given;
  before(async () => {
    network = await startNetwork();
    const { acquirer, wallet, bank } = network;
    const { payload } = await makeCode(acquirer);
    const { payload: fixedPayload } = await makeCode(acquirer, { amount: yuan(888) });
    const { payload: dollarPayload } = await makeCode(acquirer, { currency: 'USD' });
    const { tokenId } = await makeToken(wallet, bank);
    const payment = { presentment: 'merchant', payload, tokenId, amount: yuan(9) };
    const { body } = await wallet.send('POST', '/v1/payments', payment);
    given = { ...network, payload, fixedPayload, dollarPayload, tokenId, paymentId: body.paymentId };
  });
  after(async () => {
    await network.stop();
    assert.deepEqual(network.switch.faults, []);
  });

  for (const [place, { path, send }] of Object.entries(places)) {
    const rows = place === 'a net debit cap' ? wrong : [...wrong, ...zeros];
    it(`of ${place}: ${rows.map((row) => row.it).join(', ')}`, async () => {
      await writesNothing(given.switch, async () => {
        for (const row of rows) {
          assertRefused(await send(given, row.amount), { code: row.code, path: path + row.path });
        }
      });
    });
  }

  testRefusals(() => given, agreed);

  it('but the largest amount is only over the net debit cap', async () => {
    const { wallet, payload, tokenId } = given;
    const request = { presentment: 'merchant', payload, tokenId, amount: yuan(9_999_999_999_999) };
    const { body } = await wallet.send('POST', '/v1/payments', request);
    assert.deepEqual([body.state, body.reason], ['declined', 'NET_DEBIT_CAP_EXCEEDED']);
  });

  it('and a code’s own amount may be repeated or left out', async () => {
    const { wallet, fixedPayload: payload, tokenId } = given;
    for (const amount of [yuan(888), undefined]) {
      const request = { presentment: 'merchant', payload, tokenId, amount };
      const { body } = await wallet.send('POST', '/v1/payments', request);
      assert.deepEqual([body.state, body.amount], ['captured', yuan(888)]);
    }
  });
});
