import assert from 'node:assert/strict';
import { makeCode, makeToken, startNetwork, type TestNetwork, yuan } from '../support/network.ts';
import type { ReceivedMessage, Reply } from '../support/participant-double.ts';
import { outboxIsEmpty } from '../support/refusals.ts';
import { newUuid7, type Received } from '../support/sender.ts';

async function prepare(network: TestNetwork): Promise<object> {
  const { payload } = await makeCode(network.acquirer);
  const { tokenId } = await makeToken(network.wallet, network.bank);
  return { presentment: 'merchant', payload, tokenId, amount: yuan(100) };
}

function eventsAbout(paymentId: string, received: readonly ReceivedMessage[]) {
  return received
    .flatMap((message) => message.body.events ?? [])
    .filter((event) => event.payment.paymentId === paymentId);
}

describe('the outbox', () => {
  let network: TestNetwork;
  let request: object;
  before(async () => {
    network = await startNetwork({ settings: { issuerDeadlineMs: 300, inquiryDeadlineMs: 200 } });
    request = await prepare(network);
  });
  after(() => network.stop());

  const pay = (): Promise<Received> => network.wallet.send('POST', '/v1/payments', request);

  async function countWaiting(): Promise<number> {
    const { rows } = await network.switch.database.pool.query<{ count: number }>(
      'select count(*)::int as count from outbox',
    );
    return rows[0]?.count ?? 0;
  }

  it('delivers a reversal until the issuer says that it was done', async () => {
    const { bank } = network;
    const tries: string[] = [];
    const usual = bank.reply;
    const replies: readonly ((paymentId: string) => Reply)[] = [
      () => 'drop',
      (paymentId) => ({ body: { paymentId, outcome: 'approved' } }),
      (paymentId) => ({ body: { paymentId, outcome: 'reversed' } }),
    ];
    bank.reply = (message) => {
      if (message.path !== '/reversals') {
        return message.path === '/authorizations' ? 'drop' : usual(message);
      }
      tries.push(message.body.paymentId);
      return replies[tries.length - 1]?.(message.body.paymentId);
    };
    const { body } = await pay();
    assert.equal(body.state, 'reversed');
    await outboxIsEmpty(network.switch);
    bank.reply = usual;
    assert.deepEqual(tries, [body.paymentId, body.paymentId, body.paymentId]);
  });

  it('delivers what a participant missed while it was down, and each event once', async () => {
    await network.acquirer.goDown();
    const payments = [await pay(), await pay(), await pay()];
    assert.deepEqual(
      payments.map(({ body }) => body.state),
      ['captured', 'captured', 'captured'],
    );
    assert.equal(await countWaiting(), 3);
    await network.acquirer.comeUp();
    await outboxIsEmpty(network.switch);
    for (const { body } of payments) {
      const events = eventsAbout(body.paymentId, network.acquirer.received);
      assert.deepEqual(
        events.map((event) => event.type),
        ['payment.captured'],
      );
    }
  });

  it('delivers again the events that were not accepted, under the same ids', async () => {
    const { acquirer } = network;
    const usual = acquirer.reply;
    acquirer.reply = () => ({ body: { accepted: [newUuid7()] } });
    const { body } = await pay();
    await acquirer.waitFor(({ body: { events = [] } }) => events[0]?.payment.paymentId === body.paymentId);
    acquirer.reply = usual;
    await outboxIsEmpty(network.switch);
    const events = eventsAbout(body.paymentId, acquirer.received);
    assert.equal(events.length, 2);
    assert.equal(events[0].eventId, events[1].eventId);
  });

  it('keeps nobody waiting for somebody else who is down', async () => {
    await network.acquirer.goDown();
    const { payload } = await makeCode(network.otherAcquirer);
    const { body } = await network.wallet.send('POST', '/v1/payments', { ...request, payload });
    await network.otherAcquirer.waitFor(
      (message) => eventsAbout(body.paymentId, [message]).length === 1,
      'event',
    );
    await network.acquirer.comeUp();
  });
});

describe('the sweeper', () => {
  let network: TestNetwork;
  let request: object;
  before(async () => {
    network = await startNetwork({
      settings: { issuerDeadlineMs: 300, inquiryDeadlineMs: 200, sweepAfterMs: 900 },
    });
    request = await prepare(network);
  });
  after(() => network.stop());

  const rename = (from: string, to: string) =>
    network.switch.database.pool.query(`alter table ${from} rename to ${to}`);

  for (const row of [
    { found: 'approved', state: 'captured', reversals: 0 },
    { found: 'declined', state: 'declined', reversals: 0 },
    { found: 'not_found', state: 'reversed', reversals: 1 },
  ]) {
    it(`ends a payment whose outcome could not be written: ${row.found} becomes ${row.state}`, async () => {
      const { bank, wallet, acquirer, switch: network_ } = network;
      const usual = bank.reply;
      bank.reply = async (message) => {
        if (message.path.endsWith('/inquiry')) {
          return { body: { paymentId: message.path.split('/')[2], outcome: row.found } };
        }
        if (message.path === '/authorizations') {
          // From here to the end of this request the database refuses the second commit.
          await rename('payment_events', 'hidden_events');
        }
        return usual(message);
      };
      const idempotencyKey = newUuid7();
      const failed = await wallet.send('POST', '/v1/payments', request, { idempotencyKey });
      await rename('hidden_events', 'payment_events');
      assert.deepEqual([failed.status, failed.body.code], [500, 'SWITCH_FAILED']);
      assert.equal(failed.body.detail, 'The switch failed; the trace id tells its operator where.');

      const told = await acquirer.waitFor((message) =>
        (message.body.events ?? []).some((event: { type: string }) => event.type === `payment.${row.state}`),
      );
      bank.reply = usual;
      const { paymentId } = told.body.events.at(-1).payment;
      const again = await wallet.send('POST', '/v1/payments', request, { idempotencyKey });
      assert.deepEqual([again.status, again.body.paymentId, again.body.state], [201, paymentId, row.state]);
      await outboxIsEmpty(network_);
      assert.equal(eventsAbout(paymentId, wallet.received).length, 1, 'the sender is told too');
      const reversals = bank.received.filter(({ path, body }) => {
        return path === '/reversals' && body.paymentId === paymentId;
      });
      assert.equal(reversals.length, row.reversals);
      const { body } = await bank.send('GET', '/v1/positions');
      assert.equal(body.positions[0].reserved, '0');
    });
  }
});
