import assert from 'node:assert/strict';
import { createOperator } from '@barlink/sdk';
import { generateSigningKey } from '@barlink/signing';
import { bucketOf, decideConfirmation, firstBucket, type OutflowTrip } from '../../src/risk/outflow.ts';
import { makeCode, makeToken, startNetwork, type TestNetwork, yuan } from '../support/network.ts';
import { assertRefused, testRefusals } from '../support/refusals.ts';
import { createSender, newUuid7, type Sender } from '../support/sender.ts';

describe('the outflow breaker', () => {
  let network: TestNetwork;
  let second: Sender;
  let request: object;

  before(async () => {
    network = await startNetwork();
    second = await addOperatorKey();
    const { payload } = await makeCode(network.acquirer);
    const { tokenId } = await makeToken(network.wallet, network.bank);
    request = { presentment: 'merchant', payload, tokenId, amount: yuan(100) };
  });
  after(() => network.stop());

  /** Another person at the operator, with a key of her own. */
  async function addOperatorKey(): Promise<Sender> {
    const key = await generateSigningKey('ES256');
    const { operator, url } = network.switch;
    const added = await operator.send('POST', '/admin/v1/participants/operator/keys', {
      jwk: key.publicJwk,
      use: 'messages',
    });
    assert.equal(added.status, 201, added.text);
    return createSender({ id: 'operator', key, url });
  }

  const reopenings = (id: string) => `/admin/v1/participants/${id}/outflow-reopenings`;
  const proposal = { currency: 'CNY', reason: 'checked with the bank' };
  const pay = () => network.wallet.send('POST', '/v1/payments', request);
  const setLimit = (minor: string) =>
    network.switch.operator.send('PUT', `/admin/v1/participants/${network.bank.id}/outflow-limits`, {
      limit: { currency: 'CNY', minor },
      windowSeconds: 3600,
    });

  describe('refuses', () => {
    testRefusals(
      () => network,
      [
        {
          it: 'to reopen what is not open',
          code: 'OUTFLOW_BREAKER_CLOSED',
          send: (given) => given.switch.operator.send('POST', reopenings(given.bank.id), proposal),
        },
        {
          it: 'to confirm what nobody proposed',
          code: 'OUTFLOW_REOPENING_UNKNOWN',
          send: ({ switch: { operator } }) =>
            operator.send('POST', `/admin/v1/outflow-reopenings/${newUuid7()}/confirm`, {}),
        },
        {
          it: 'a reopening without a proper id',
          code: 'OUTFLOW_REOPENING_UNKNOWN',
          send: ({ switch: { operator } }) =>
            operator.send('POST', '/admin/v1/outflow-reopenings/none/confirm', {}),
        },
        {
          it: 'a limit by anyone but the operator',
          code: 'SENDER_ROLE_FORBIDDEN',
          send: ({ bank }) =>
            bank.send('PUT', `/admin/v1/participants/${bank.id}/outflow-limits`, {
              limit: { currency: 'CNY', minor: '1' },
              windowSeconds: 60,
            }),
        },
      ],
    );
  });

  describe('in use', () => {
    it('opens when more than the limit has flowed out, and two persons close it', async () => {
      const { operator, database } = network.switch;
      assert.equal((await setLimit('250')).status, 200);
      for (let paid = 0; paid < 3; paid += 1) {
        assert.equal((await pay()).body.state, 'captured');
      }
      assertRefused(await pay(), { code: 'OUTFLOW_BREAKER_OPEN' });
      const listed = await operator.send('GET', '/admin/v1/outflow-limits');
      const [limit] = listed.body.limits;
      assert.deepEqual([limit.participant, limit.limit, limit.outflow], [network.bank.id, '250', '300']);
      assert.equal(limit.trip.outflow, '300');

      const { reopeningId } = limit.trip;
      const confirm = `/admin/v1/outflow-reopenings/${reopeningId}/confirm`;
      assertRefused(await second.send('POST', confirm, {}), { code: 'OUTFLOW_REOPENING_UNKNOWN' });
      const proposed = await operator.send('POST', reopenings(network.bank.id), proposal);
      assert.equal(proposed.status, 201, proposed.text);
      assert.deepEqual([proposed.body.reopeningId, proposed.body.proposedBy], [reopeningId, 'operator']);
      assertRefused(await operator.send('POST', confirm, {}), { code: 'OUTFLOW_CONFIRMER_SAME' });
      const late = await addOperatorKey();
      assertRefused(await late.send('POST', confirm, {}), { code: 'OUTFLOW_CONFIRMER_NEW' });
      assertRefused(await pay(), { code: 'OUTFLOW_BREAKER_OPEN' });

      const confirmed = await second.send('POST', confirm, {});
      assert.equal(confirmed.status, 200, confirmed.text);
      assert.equal((await pay()).body.state, 'captured', 'the count begins anew');
      const { rows } = await database.pool.query(
        `select proposed_kid <> confirmed_kid as "byTwo", proposed_reason as reason,
        (select count(*)::int from messages where subject in ($1, trip_id::text)
          and (target like '%reopenings' or target like '%/confirm')) as messages
      from outflow_trips where reopened_at is not null`,
        [network.bank.id],
      );
      assert.deepEqual(rows, [{ byTwo: true, reason: proposal.reason, messages: 2 }]);
      assert.deepEqual(network.switch.faults, []);
    });

    it('leaves others alone, and what flows in', async () => {
      await setLimit('100');
      const open = await pay();
      assert.equal(open.body.state, 'captured');
      await pay();
      assertRefused(await pay(), { code: 'OUTFLOW_BREAKER_OPEN' });
      const refund = await network.acquirer.send('POST', `/v1/payments/${open.body.paymentId}/refunds`, {
        amount: yuan(40),
      });
      assert.equal(refund.body.state, 'captured', refund.text);
      const { tokenId } = await makeToken(network.wallet, network.otherBank);
      const other = await network.wallet.send('POST', '/v1/payments', { ...request, tokenId });
      assert.equal(other.body.state, 'captured', other.text);
    });

    it('is in the hands of operators through their client', async () => {
      const { url } = network.switch;
      const { keys: switchKeys } = (await (await fetch(`${url}/v1/keys`)).json()) as { keys: object[] };
      const common = { switchUrl: url, participantId: 'operator', switchKeys };
      const one = createOperator({ ...common, key: network.switch.operator.key });
      const two = createOperator({ ...common, key: second.key });
      try {
        const [opened = assert.fail('no limit')] = await one.outflowLimits();
        assert.deepEqual(opened.limit, { currency: 'CNY', minor: 100n });
        const { reopeningId } = await one.proposeOutflowReopening(network.bank.id, proposal);
        assert.equal(opened.trip?.reopeningId, reopeningId);
        await assert.rejects(one.confirmOutflowReopening(reopeningId), { code: 'OUTFLOW_CONFIRMER_SAME' });
        await two.confirmOutflowReopening(reopeningId);
        const limit = { currency: 'CNY', minor: 1_000_000n };
        await one.setOutflowLimit(network.bank.id, { limit, windowSeconds: 3600 });
        const [closed] = await two.outflowLimits();
        assert.deepEqual([closed?.limit, closed?.trip], [limit, undefined]);
      } finally {
        await Promise.all([one.close(), two.close()]);
      }
    });

    it('hears within a second what other processes have counted', async () => {
      const { otherBank, wallet, switch: network_ } = network;
      const { tokenId } = await makeToken(wallet, otherBank);
      const limits = `/admin/v1/participants/${otherBank.id}/outflow-limits`;
      await network_.operator.send('PUT', limits, {
        limit: { currency: 'CNY', minor: '5000' },
        windowSeconds: 600,
      });
      await network_.database.pool.query(
        `insert into outflow_buckets
          (participant_id, currency, counted_from, bucket, amount_minor, forget_at)
        select participant_id, currency, counted_from, 0, 5001, counted_from + interval '1 hour'
        from outflow_limits where participant_id = $1`,
        [otherBank.id],
      );
      const endsAt = Date.now() + 20_000;
      for (;;) {
        const answer = await wallet.send('POST', '/v1/payments', { ...request, tokenId });
        if (answer.status !== 201) {
          assertRefused(answer, { code: 'OUTFLOW_BREAKER_OPEN' });
          break;
        }
        assert.ok(Date.now() < endsAt, 'not within 20 s');
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    });
  });
});

describe('a window of outflow', () => {
  const from = new Date('2026-01-01T00:00:00Z');
  const later = (seconds: number) => new Date(from.getTime() + seconds * 1000);

  it('slides by a sixtieth', () => {
    const window = { windowSeconds: 3600, countedFrom: from };
    assert.deepEqual(
      [0, 59, 60, 3599].map((seconds) => bucketOf(later(seconds), window)),
      [0, 0, 1, 59],
    );
    assert.equal(firstBucket(later(3599), window), 0);
    assert.equal(firstBucket(later(3600), window), 1, 'the first minute counts no more');
    assert.ok(bucketOf(later(-1), window) < 0);
  });

  it('is closed again by two persons, both there before it opened', () => {
    const trip = { trippedAt: later(100), proposal: undefined } as unknown as OutflowTrip;
    const proposed = { ...trip, proposal: { by: 'operator', kid: 'a', reason: '', at: later(200) } };
    const old = later(0);
    assert.equal(decideConfirmation(trip, { kid: 'b', registeredAt: old }), 'OUTFLOW_REOPENING_UNKNOWN');
    assert.equal(decideConfirmation(proposed, { kid: 'a', registeredAt: old }), 'OUTFLOW_CONFIRMER_SAME');
    assert.equal(
      decideConfirmation(proposed, { kid: 'b', registeredAt: later(150) }),
      'OUTFLOW_CONFIRMER_NEW',
    );
    assert.equal(
      decideConfirmation(proposed, { kid: 'b', registeredAt: undefined }),
      'OUTFLOW_CONFIRMER_NEW',
    );
    assert.equal(decideConfirmation(proposed, { kid: 'b', registeredAt: old }), 'confirmed');
  });
});
