import assert from 'node:assert/strict';
import type { CycleResource } from '@barlink/protocol';
import { makeCode, makeToken, startNetwork, type TestNetwork, yuan } from '../support/network.ts';
import { assertRefused, writesNothing } from '../support/refusals.ts';
import type { Sender } from '../support/sender.ts';

describe('clearing cycles', () => {
  let network: TestNetwork;
  let payload: string;
  let tokenId: string;
  before(async () => {
    network = await startNetwork();
    ({ payload } = await makeCode(network.acquirer));
    ({ tokenId } = await makeToken(network.wallet, network.bank));
  });
  after(async () => {
    await network.stop();
    assert.deepEqual(network.switch.faults, []);
  });

  async function pay(minor: number): Promise<string> {
    const request = { presentment: 'merchant', payload, tokenId, amount: yuan(minor) };
    const { body } = await network.wallet.send('POST', '/v1/payments', request);
    assert.equal(body.state, 'captured');
    return body.paymentId;
  }

  async function openCycle(): Promise<number> {
    const { body } = await network.switch.operator.send('GET', '/admin/v1/cycles');
    const [open] = body.cycles;
    assert.equal(open.state, 'open');
    return open.cycleId;
  }

  async function close(cycleId: number): Promise<CycleResource> {
    const { operator } = network.switch;
    const answer = await operator.send('POST', `/admin/v1/cycles/${cycleId}/close`, {});
    assert.deepEqual([answer.status, answer.body.state], [202, 'closing'], answer.text);
    for (let tries = 0; tries < 500; tries += 1) {
      const { body } = await operator.send('GET', `/admin/v1/cycles/${cycleId}`);
      if (body.state !== 'closing') {
        return body;
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    throw new Error(`cycle ${cycleId} did not close in 5 s`);
  }

  const read = async (sender: Sender, target: string) => (await sender.send('GET', target)).body;

  // spec/clearing.md 3
  it('net what was captured in them, and nothing else', async () => {
    const cycleId = await openCycle();
    await pay(1250);
    const refunded = await pay(1000);
    const reversed = await pay(777);
    const { acquirer } = network;
    await acquirer.send('POST', `/v1/payments/${refunded}/refunds`, { amount: yuan(400) });
    await acquirer.send('POST', `/v1/payments/${reversed}/reverse`, { reason: 'MERCHANT_REQUESTED' });
    const { positions } = await close(cycleId);
    const rest = { currency: 'CNY', carried: '0', obligations: 3 };
    assert.deepEqual(positions, [
      { participant: 'acquirer-east', ...rest, net: '1850', due: '1850' },
      { participant: 'bank-north', ...rest, net: '-1850', due: '-1850' },
    ]);
    await pay(50);
    const [next] = (await close(cycleId + 1)).positions;
    assert.deepEqual([next?.net, next?.obligations], ['50', 1], 'captured after the close: in the next one');
  });

  it('show each participant its own position and obligations, and the operator all', async () => {
    const cycleId = await openCycle();
    const paymentId = await pay(300);
    await close(cycleId);
    const obligation = { paymentId, kind: 'purchase', debtor: 'bank-north', creditor: 'acquirer-east' };
    for (const sender of [network.bank, network.acquirer]) {
      const { positions } = await read(sender, `/v1/cycles/${cycleId}`);
      assert.deepEqual(
        positions.map(({ participant }: { participant: string }) => participant),
        [sender.id],
      );
      const { obligations } = await read(sender, `/v1/cycles/${cycleId}/obligations`);
      const [{ capturedAt, ...shown }] = obligations;
      assert.deepEqual([shown, obligations.length], [{ ...obligation, amount: yuan(300) }, 1]);
    }
    for (const sender of [network.otherBank, network.wallet]) {
      assert.deepEqual((await read(sender, `/v1/cycles/${cycleId}`)).positions, []);
      assert.deepEqual((await read(sender, `/v1/cycles/${cycleId}/obligations`)).obligations, []);
    }
    const all = await read(network.switch.operator, `/admin/v1/cycles/${cycleId}/obligations`);
    assert.equal(all.obligations.length, 1);
  });

  it('tell everyone with a position that it closed, and with what', async () => {
    const cycleId = await openCycle();
    await pay(20);
    await close(cycleId);
    for (const member of [network.bank, network.acquirer]) {
      const { body } = await member.waitFor(
        ({ path, body: told }) =>
          path === '/events' &&
          told.events.some(
            (event: { type: string; cycle?: CycleResource }) =>
              event.type === 'cycle.closed' && event.cycle?.cycleId === cycleId,
          ),
        'closed cycle',
      );
      const event = body.events.find(({ type }: { type: string }) => type === 'cycle.closed');
      assert.deepEqual(
        event.cycle.positions.map(({ participant }: { participant: string }) => participant),
        [member.id],
      );
    }
  });

  it('give obligations in pages', async () => {
    const cycleId = await openCycle();
    const { pool } = network.switch.database;
    await close(cycleId);
    await pool.query(
      `insert into obligations select (lpad(to_hex(n), 12, '0') || '7000' || '8000' || repeat('0', 12))::uuid,
        $1, 'purchase', 'bank-north', 'acquirer-east', 'CNY', n, now() from generate_series(1, 450) n`,
      [cycleId],
    );
    for (const [sender, root] of [
      [network.bank, '/v1'],
      [network.switch.operator, '/admin/v1'],
    ] as const) {
      const amounts: number[] = [];
      const sizes: number[] = [];
      for (let query = ''; ; ) {
        const { obligations, next } = await read(sender, `${root}/cycles/${cycleId}/obligations${query}`);
        sizes.push(obligations.length);
        amounts.push(...obligations.map(({ amount }: { amount: { minor: string } }) => Number(amount.minor)));
        if (next === undefined) {
          break;
        }
        query = `?after=${next}`;
      }
      assert.deepEqual(sizes, [200, 200, 50]);
      assert.deepEqual(
        amounts,
        Array.from({ length: 450 }, (_, at) => at + 1),
      );
    }
  });

  it('refuse a reversal once the cycle of its payment is closed; a refund is the way', async () => {
    const cycleId = await openCycle();
    const paymentId = await pay(640);
    await close(cycleId);
    const { acquirer } = network;
    const refused = await writesNothing(network.switch, () =>
      acquirer.send('POST', `/v1/payments/${paymentId}/reverse`, { reason: 'MERCHANT_REQUESTED' }),
    );
    assertRefused(refused, { code: 'REVERSAL_CYCLE_CLOSED' });
    const refund = await acquirer.send('POST', `/v1/payments/${paymentId}/refunds`, { amount: yuan(640) });
    assert.equal(refund.body.state, 'captured');
    const { positions } = await close(cycleId + 1);
    assert.deepEqual(
      positions.map(({ participant, net }) => `${participant} ${net}`),
      ['acquirer-east -640', 'bank-north 640'],
    );
  });

  it('close once, one after the other', async () => {
    const cycleId = await openCycle();
    await close(cycleId);
    const { operator } = network.switch;
    const attempt = (id: number | string) => () => operator.send('POST', `/admin/v1/cycles/${id}/close`, {});
    assertRefused(await writesNothing(network.switch, attempt(cycleId)), { code: 'CYCLE_STATE_CONFLICT' });
    for (const id of [cycleId + 2, 0, 'x']) {
      assertRefused(await writesNothing(network.switch, attempt(id)), { code: 'CYCLE_UNKNOWN' });
    }
    const both = await Promise.all([attempt(cycleId + 1)(), attempt(cycleId + 1)()]);
    assert.deepEqual(both.map(({ status }) => status).sort(), [202, 409]);
  });

  it('are not held up by a page that nobody was given', async () => {
    const { operator } = network.switch;
    assertRefused(await operator.send('GET', '/admin/v1/cycles?after=x'), {
      code: 'CYCLE_PAGE_INVALID',
      path: '/after',
    });
    assertRefused(await network.bank.send('GET', '/v1/cycles/1/obligations?after=1'), {
      code: 'CYCLE_PAGE_INVALID',
      path: '/after',
    });
  });

  it('close by themselves at the hours the operator set', async () => {
    const { operator } = network.switch;
    const set = (body: object) => operator.send('PUT', '/admin/v1/clearing-schedule', body);
    assertRefused(await set({ timeZone: 'Asia/Nowhere', cutOffs: [] }), {
      code: 'SCHEDULE_TIME_ZONE_UNKNOWN',
      path: '/timeZone',
    });
    for (const cutOffs of [['24:00'], ['9:00'], ['09:00', '09:00'], ['10:00', '09:00']]) {
      assertRefused(await set({ timeZone: 'UTC', cutOffs }), {
        code: 'SCHEDULE_CUT_OFF_INVALID',
        path: `/cutOffs/${cutOffs.length - 1}`,
      });
    }
    assert.deepEqual((await read(operator, '/admin/v1/clearing-schedule')).cutOffs, []);
    const schedule = { timeZone: 'Asia/Shanghai', cutOffs: ['11:00', '16:30'] };
    assert.deepEqual((await set(schedule)).body, schedule);
    assert.deepEqual(await read(operator, '/admin/v1/clearing-schedule'), schedule);
    await set({ timeZone: 'UTC', cutOffs: [] });
  });
});
