import assert from 'node:assert/strict';
import { generateSigningKey, type SigningKey } from '@barlink/signing';
import { makeCode, makeToken, startNetwork, type TestNetwork, yuan } from '../support/network.ts';
import type { ReceivedMessage, Reply } from '../support/participant-double.ts';
import { assertRefused, outboxIsEmpty } from '../support/refusals.ts';
import { newUuid7 } from '../support/sender.ts';

const issuerDeadlineMs = 300;
const inquiryDeadlineMs = 200;

/** What the issuer does: its answer to the authorization, then to each inquiry. */
interface BehaviourRow {
  readonly it: string;
  readonly answer: (paymentId: string, strangerKey: SigningKey) => Reply;
  readonly inquiries: readonly ((paymentId: string) => Reply)[];
  /** State and reason the sender is told. */
  readonly outcome: string;
  /** The states in the payment's trace. */
  readonly events: readonly string[];
}

const says =
  (outcome: string, more: object = {}) =>
  (paymentId: string): Reply => ({ body: { paymentId, outcome, ...more } });
const silent = (): Reply => undefined;
const drops = (): Reply => 'drop';

const reversed = { outcome: 'reversed ISSUER_TIMEOUT', events: ['unknown', 'reversed'] };
const foundCaptured = { outcome: 'captured', events: ['unknown', 'captured'] };

const behaviours: readonly BehaviourRow[] = [
  { it: 'approves', answer: says('approved'), inquiries: [], outcome: 'captured', events: ['captured'] },
  {
    it: 'declines with a reason',
    answer: says('declined', { reason: 'INSUFFICIENT_FUNDS' }),
    inquiries: [],
    outcome: 'declined INSUFFICIENT_FUNDS',
    events: ['declined'],
  },
  {
    it: 'declines without a reason',
    answer: says('declined'),
    inquiries: [],
    outcome: 'declined ISSUER_DECLINED',
    events: ['declined'],
  },
  {
    it: 'declines for a reason nobody knows',
    answer: says('declined', { reason: 'BAD_MOOD' }),
    inquiries: [],
    outcome: 'declined ISSUER_DECLINED',
    events: ['declined'],
  },
  { it: 'is silent, and knows of nothing', answer: silent, inquiries: [says('not_found')], ...reversed },
  { it: 'is silent, and has approved', answer: silent, inquiries: [says('approved')], ...foundCaptured },
  {
    it: 'is silent, and has declined',
    answer: silent,
    inquiries: [says('declined', { reason: 'ACCOUNT_CLOSED' })],
    outcome: 'declined ACCOUNT_CLOSED',
    events: ['unknown', 'declined'],
  },
  { it: 'is silent, and has reversed', answer: silent, inquiries: [says('reversed')], ...reversed },
  { it: 'is silent, also when asked twice', answer: silent, inquiries: [silent, silent], ...reversed },
  {
    it: 'is silent, and says only at the second inquiry that it approved',
    answer: silent,
    inquiries: [drops, says('approved')],
    ...foundCaptured,
  },
  {
    it: 'is silent, and answers the inquiry about another payment',
    answer: silent,
    inquiries: [() => says('approved')(newUuid7()), says('not_found')],
    ...reversed,
  },
  {
    it: 'drops the connection, having approved',
    answer: drops,
    inquiries: [says('approved')],
    ...foundCaptured,
  },
  {
    it: 'drops the connection, having done nothing',
    answer: drops,
    inquiries: [says('not_found')],
    ...reversed,
  },
  {
    it: 'approves under a key of somebody else',
    answer: (paymentId, key) => ({ body: { paymentId, outcome: 'approved' }, key }),
    inquiries: [says('not_found')],
    ...reversed,
  },
  {
    it: 'declines, and somebody on the way makes it an approval',
    answer: (paymentId) => ({
      body: { paymentId, outcome: 'declined' },
      sentBody: { paymentId, outcome: 'approved' },
    }),
    inquiries: [says('declined')],
    outcome: 'declined ISSUER_DECLINED',
    events: ['unknown', 'declined'],
  },
  {
    it: 'approves another payment',
    answer: () => says('approved')(newUuid7()),
    inquiries: [says('not_found')],
    ...reversed,
  },
  {
    it: 'answers an authorization with what is no answer to it',
    answer: says('not_found'),
    inquiries: [says('not_found')],
    ...reversed,
  },
  { it: 'answers nonsense', answer: () => ({ body: [] }), inquiries: [says('not_found')], ...reversed },
  {
    it: 'answers with a signed 500',
    answer: (paymentId) => ({ status: 500, body: { paymentId, outcome: 'approved' } }),
    inquiries: [says('approved')],
    ...foundCaptured,
  },
  {
    it: 'answers with more than 64 KiB',
    answer: (paymentId) => ({ body: { paymentId, outcome: 'approved', more: 'x'.repeat(70_000) } }),
    inquiries: [says('not_found')],
    ...reversed,
  },
  {
    it: 'approves too late, and at the inquiry knew of nothing',
    answer: (paymentId) => ({ body: { paymentId, outcome: 'approved' }, delayMs: issuerDeadlineMs + 100 }),
    inquiries: [says('not_found')],
    ...reversed,
  },
];

describe('a payment whose issuer', () => {
  let network: TestNetwork;
  let request: object;
  let strangerKey: SigningKey;
  before(async () => {
    network = await startNetwork({ settings: { issuerDeadlineMs, inquiryDeadlineMs, sweepAfterMs: 60_000 } });
    const { payload } = await makeCode(network.acquirer);
    const { tokenId } = await makeToken(network.wallet, network.bank);
    request = { presentment: 'merchant', payload, tokenId, amount: yuan(100) };
    strangerKey = await generateSigningKey('ES256');
  });
  after(async () => {
    await network.stop();
    assert.deepEqual(network.switch.faults, []);
  });

  async function position() {
    const { body } = await network.bank.send('GET', '/v1/positions');
    return body.positions[0];
  }

  /** Answers as the row says; everything else as usual. */
  function behave(row: Pick<BehaviourRow, 'answer' | 'inquiries'>): { inquiries: number } {
    const asked = { inquiries: 0 };
    const usual = network.bank.reply;
    network.bank.reply = (message: ReceivedMessage) => {
      if (message.path === '/authorizations') {
        return row.answer(message.body.paymentId, strangerKey);
      }
      if (message.path.endsWith('/inquiry')) {
        const reply = row.inquiries[asked.inquiries];
        asked.inquiries += 1;
        return reply?.(message.path.split('/')[2] ?? '');
      }
      return usual(message);
    };
    return asked;
  }

  for (const row of behaviours) {
    it(`${row.it}: ${row.outcome}`, async () => {
      const before = await position();
      const usual = network.bank.reply;
      const asked = behave(row);
      const idempotencyKey = newUuid7();
      const answer = await network.wallet.send('POST', '/v1/payments', request, { idempotencyKey });
      network.bank.reply = usual;
      const { paymentId, state, reason } = answer.body;
      assert.equal([state, reason].filter(Boolean).join(' '), row.outcome);
      assert.equal(asked.inquiries, row.inquiries.length, 'inquiries');

      const again = await network.wallet.send('POST', '/v1/payments', request, { idempotencyKey });
      assert.equal(again.text, answer.text);
      const trace = await network.switch.operator.send('GET', `/admin/v1/payments/${paymentId}`);
      assert.deepEqual(
        trace.body.events.map((event: { state: string }) => event.state),
        row.events,
      );

      const net = Number(before.net) - (state === 'captured' ? 100 : 0);
      assert.deepEqual(await position(), {
        ...before,
        net: String(net),
        reserved: '0',
        headroom: String(Number(before.netDebitCap) + net),
      });

      await outboxIsEmpty(network.switch);
      const told = network.acquirer.received.flatMap((message) => message.body.events ?? []);
      const types = told.filter((event) => event.payment.paymentId === paymentId).map((event) => event.type);
      assert.deepEqual(types, [`payment.${state}`]);
      const undone = network.bank.received.filter(
        (message) => message.path === '/reversals' && message.body.paymentId === paymentId,
      );
      assert.equal(undone.length, state === 'reversed' ? 1 : 0, 'reversals');
    });
  }

  it('does not listen: declined at once, for the issuer knows nothing of it', async () => {
    await network.bank.goDown();
    const { body } = await network.wallet.send('POST', '/v1/payments', request);
    await network.bank.comeUp();
    assert.deepEqual([body.state, body.reason], ['declined', 'ISSUER_UNAVAILABLE']);
    await outboxIsEmpty(network.switch);
    const heard = network.bank.received.filter((message) => JSON.stringify(message).includes(body.paymentId));
    assert.deepEqual(heard, []);
  });

  it('still thinks: the same request meanwhile is told so, and afterwards gets the outcome', async () => {
    const idempotencyKey = newUuid7();
    const usual = network.bank.reply;
    let during: Awaited<ReturnType<typeof network.wallet.send>> | undefined;
    network.bank.reply = async (message) => {
      if (message.path === '/authorizations') {
        during = await network.wallet.send('POST', '/v1/payments', request, { idempotencyKey });
      }
      return usual(message);
    };
    const first = await network.wallet.send('POST', '/v1/payments', request, { idempotencyKey });
    network.bank.reply = usual;
    assert.ok(during);
    assertRefused(during, { code: 'IDEMPOTENCY_IN_PROGRESS' });
    assert.equal(during.body.retryable, true);
    const again = await network.wallet.send('POST', '/v1/payments', request, { idempotencyKey });
    assert.equal(again.text, first.text);
  });

  it('is suspended: refused before it is asked', async () => {
    const { operator } = network.switch;
    const target = `/admin/v1/participants/${network.bank.id}`;
    await operator.send('POST', `${target}/suspend`, {});
    const payment = await network.wallet.send('POST', '/v1/payments', request);
    const own = await network.bank.send('GET', '/v1/positions');
    await operator.send('POST', `${target}/resume`, {});
    assertRefused(payment, { code: 'ROUTE_PARTY_SUSPENDED' });
    assertRefused(own, { code: 'SENDER_SUSPENDED' });
    assert.equal((await network.wallet.send('POST', '/v1/payments', request)).body.state, 'captured');
  });
});
