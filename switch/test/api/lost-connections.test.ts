import assert from 'node:assert/strict';
import { makeCode, makeToken, startNetwork, type TestNetwork, yuan } from '../support/network.ts';
import { outboxIsEmpty } from '../support/refusals.ts';
import { newUuid7, type Received } from '../support/sender.ts';

describe('when the database cuts all connections', () => {
  let network: TestNetwork;
  let request: object;
  /** The bank's own book: what it approved. */
  const approved = new Set<string>();
  before(async () => {
    network = await startNetwork({
      settings: { issuerDeadlineMs: 500, inquiryDeadlineMs: 300, sweepAfterMs: 1500 },
    });
    const { payload } = await makeCode(network.acquirer);
    const { tokenId } = await makeToken(network.wallet, network.bank);
    request = { presentment: 'merchant', payload, tokenId, amount: yuan(100) };
  });
  after(() => network.stop());

  let cutting: Promise<unknown> = Promise.resolve();

  /** One cut after the other, so that they do not cut each other. */
  function cutConnections(): Promise<unknown> {
    cutting = cutting.then(() =>
      network.switch.database.pool.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and pid <> pg_backend_pid()`,
      ),
    );
    return cutting;
  }

  /** Sends one payment until it has an outcome, as a decent wallet does. */
  async function payUntilTold(): Promise<Received> {
    const idempotencyKey = newUuid7();
    for (let tries = 0; tries < 300; tries += 1) {
      const answer = await network.wallet.send('POST', '/v1/payments', request, { idempotencyKey });
      if (answer.status === 201) {
        return answer;
      }
      assert.equal(answer.body.retryable, true, `${answer.text} ${network.switch.faults.join()}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    return assert.fail('no outcome in 30 s');
  }

  it('every payment still ends once, and both sides agree', async () => {
    const usual = network.bank.reply;
    network.bank.reply = async (message) => {
      if (message.path === '/authorizations') {
        approved.add(message.body.paymentId);
        await cutConnections();
      }
      if (message.path.endsWith('/inquiry')) {
        const paymentId = message.path.split('/')[2] ?? '';
        return { body: { paymentId, outcome: approved.has(paymentId) ? 'approved' : 'not_found' } };
      }
      if (message.path === '/reversals') {
        approved.delete(message.body.paymentId);
      }
      return usual(message);
    };
    const answers: Received[] = [];
    for (let round = 0; round < 3; round += 1) {
      answers.push(...(await Promise.all(Array.from({ length: 5 }, payUntilTold))));
    }
    network.bank.reply = usual;
    await outboxIsEmpty(network.switch);

    const captured = answers.filter(({ body }) => body.state === 'captured');
    assert.equal(new Set(answers.map(({ body }) => body.paymentId)).size, 15);
    assert.deepEqual(new Set(captured.map(({ body }) => body.paymentId)), approved, 'the books agree');
    const { body } = await network.bank.send('GET', '/v1/positions');
    assert.deepEqual(
      [body.positions[0].net, body.positions[0].reserved],
      [String(-100 * captured.length), '0'],
    );
  }).timeout(60_000);
});
