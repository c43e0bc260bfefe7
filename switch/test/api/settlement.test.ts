import assert from 'node:assert/strict';
import type { InstructionResource, SettlementResource, SettlementWord } from '@barlink/protocol';
import { makeCode, makeToken, startNetwork, type TestNetwork, yuan } from '../support/network.ts';
import { joinNetwork, type ParticipantDouble, type Reply } from '../support/participant-double.ts';
import { assertRefused, writesNothing } from '../support/refusals.ts';
import type { Received } from '../support/sender.ts';

describe('settlement', function () {
  this.timeout(60_000);
  let network: TestNetwork;
  let agent: ParticipantDouble;
  let offsetMs = 0;
  let payload: string;
  const tokens: Record<string, string> = {};
  before(async () => {
    network = await startNetwork({ now: () => new Date(Date.now() + offsetMs) });
    agent = await joinNetwork(network.switch, {
      ...{ id: 'central-bank', number: '900001', roles: ['settlement'], caps: [] },
    });
    ({ payload } = await makeCode(network.acquirer));
    tokens.north = (await makeToken(network.wallet, network.bank)).tokenId;
    tokens.south = (await makeToken(network.wallet, network.otherBank)).tokenId;
  });
  beforeEach(() => {
    agent.reply = say({ outcome: 'accepted' });
  });
  after(async () => {
    await network.stop();
    await agent.close();
    // What the agent kept to itself was asked for, and that is all that went wrong.
    assert.deepEqual(
      network.switch.faults.filter((fault) => !/participant (timeout|broken)/.test(`${fault}`)),
      [],
    );
  });

  /** An agent that answers instructions and inquiries with one word, and acknowledges the rest. */
  function say(word: Omit<SettlementWord, 'instructionId'>): ParticipantDouble['reply'] {
    return ({ path, body }): Reply => {
      const instructionId = path.endsWith('/inquiry') ? path.split('/')[2] : body.instructionId;
      return path === '/events'
        ? { body: { accepted: body.events.map(({ eventId }: { eventId: string }) => eventId) } }
        : { body: { instructionId, ...word } };
    };
  }

  async function pay(bank: 'north' | 'south', minor: number): Promise<string> {
    const request = { presentment: 'merchant', payload, tokenId: tokens[bank], amount: yuan(minor) };
    const { body } = await network.wallet.send('POST', '/v1/payments', request);
    assert.equal(body.state, 'captured', body.reason);
    return body.paymentId;
  }

  const admin = async (path: string) => (await network.switch.operator.send('GET', `/admin/v1${path}`)).body;

  async function until<Value>(what: string, look: () => Promise<Value | undefined>): Promise<Value> {
    for (let tries = 0; tries < 1000; tries += 1) {
      const found = await look();
      if (found !== undefined) {
        return found;
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    throw new Error(`not in 10 s: ${what}`);
  }

  async function closeOpen(): Promise<number> {
    const [{ cycleId }] = (await admin('/cycles')).cycles;
    await network.switch.operator.send('POST', `/admin/v1/cycles/${cycleId}/close`, {});
    await untilState(cycleId, 'settling');
    return cycleId;
  }

  const untilState = (cycleId: number, state: string) =>
    until(`cycle ${cycleId} ${state}`, async () => {
      const cycle = await admin(`/cycles/${cycleId}`);
      return cycle.state === state ? cycle : undefined;
    });

  /** Instructions of a cycle as `participant direction amount state`. */
  async function list(cycleId: number): Promise<readonly string[]> {
    const { instructions }: SettlementResource = await admin(`/cycles/${cycleId}/settlement`);
    return instructions
      .map(
        ({ participant, direction, amount, state }) => `${participant} ${direction} ${amount.minor} ${state}`,
      )
      .sort();
  }

  async function find(cycleId: number, participant: string): Promise<InstructionResource> {
    const { instructions }: SettlementResource = await admin(`/cycles/${cycleId}/settlement`);
    const own = instructions.filter((one) => one.participant === participant);
    return own.sort((one, other) => other.attempt - one.attempt)[0] ?? assert.fail(`none of ${participant}`);
  }

  async function confirm(cycleId: number, participant: string, outcome: string): Promise<Received> {
    const { instructionId } = await find(cycleId, participant);
    const reason = outcome === 'rejected' ? { reason: 'INSUFFICIENT_FUNDS' } : { reference: 'RTGS-1' };
    return agent.send('POST', '/v1/settlement-confirmations', { instructionId, outcome, ...reason });
  }

  async function netOf(participant: string): Promise<string> {
    const { positions } = await admin('/positions');
    const own = positions.find((position: { participant: string }) => position.participant === participant);
    return `${own.net} ${own.reserved}`;
  }

  async function settleAll(cycleId: number): Promise<void> {
    for (const participant of ['bank-north', 'bank-south', 'acquirer-east']) {
      const own = (await list(cycleId)).filter((text) => text.startsWith(participant));
      if (own.length > 0) {
        assert.equal((await confirm(cycleId, participant, 'settled')).status, 200);
      }
    }
    await untilState(cycleId, 'settled');
  }

  // spec/clearing.md 4
  it('has debtors pay in, then creditors paid out, and positions are back at zero', async () => {
    await pay('north', 1250);
    await pay('south', 750);
    const cycleId = await closeOpen();
    assert.equal(await netOf('acquirer-east'), '2000 2000', 'what will be paid out is set aside');
    const payIns = ['bank-north pay_in 1250 instructed', 'bank-south pay_in 750 instructed'];
    assert.deepEqual(await list(cycleId), payIns);
    await agent.waitFor(
      ({ path, body }) => path === '/settlement-instructions' && body.amount.minor === '1250',
    );
    await confirm(cycleId, 'bank-north', 'accepted');
    assert.equal((await find(cycleId, 'bank-north')).state, 'accepted');
    assert.equal(await netOf('bank-north'), '-1250 0', 'nothing has moved yet');
    await confirm(cycleId, 'bank-north', 'settled');
    assert.equal(await netOf('bank-north'), '0 0', 'its headroom is back');
    assert.equal((await list(cycleId)).length, 2, 'creditors wait for the last debtor');
    await confirm(cycleId, 'bank-south', 'settled');
    assert.equal((await find(cycleId, 'acquirer-east')).direction, 'pay_out');
    const confirmed = await confirm(cycleId, 'acquirer-east', 'settled');
    assert.deepEqual([confirmed.body.state, confirmed.body.reference], ['settled', 'RTGS-1']);
    await untilState(cycleId, 'settled');
    for (const participant of ['bank-north', 'bank-south', 'acquirer-east']) {
      assert.equal(await netOf(participant), '0 0');
    }
    for (const member of [network.bank, network.acquirer]) {
      await member.waitFor(
        ({ path, body }) =>
          path === '/events' && body.events.some(({ type }: { type: string }) => type === 'cycle.settled'),
        'settled cycle',
      );
    }
  });

  it('moves the money once, however often and late the agent says so', async () => {
    await pay('north', 100);
    const cycleId = await closeOpen();
    await Promise.all(Array.from({ length: 5 }, () => confirm(cycleId, 'bank-north', 'settled')));
    assert.equal((await confirm(cycleId, 'bank-north', 'accepted')).body.state, 'settled', 'late');
    assert.equal(await netOf('bank-north'), '0 0');
    const taken = await writesNothing(network.switch, () => confirm(cycleId, 'bank-north', 'rejected'));
    assertRefused(taken, { code: 'SETTLEMENT_STATE_CONFLICT' });
    await confirm(cycleId, 'acquirer-east', 'settled');
    await untilState(cycleId, 'settled');
    await confirm(cycleId, 'acquirer-east', 'settled');
    assert.equal(await netOf('acquirer-east'), '0 0');
  });

  it('stays settling when a debtor does not pay, and gives its headroom back only when it does', async () => {
    await pay('north', 300);
    const cycleId = await closeOpen();
    const { body } = await confirm(cycleId, 'bank-north', 'rejected');
    assert.deepEqual([body.state, body.reason], ['rejected', 'INSUFFICIENT_FUNDS']);
    assert.equal(await netOf('bank-north'), '-300 0');
    assert.equal((await admin(`/cycles/${cycleId}`)).state, 'settling');
    const { operator } = network.switch;
    const target = `/admin/v1/settlement-instructions/${body.instructionId}`;
    const late = await writesNothing(network.switch, () => confirm(cycleId, 'bank-north', 'settled'));
    assertRefused(late, { code: 'SETTLEMENT_STATE_CONFLICT' });
    assert.equal((await operator.send('POST', `${target}/retry`, {})).body.state, 'retried');
    assertRefused(await operator.send('POST', `${target}/retry`, {}), { code: 'SETTLEMENT_STATE_CONFLICT' });
    assertRefused(await operator.send('POST', `${target}/roll`, {}), { code: 'SETTLEMENT_STATE_CONFLICT' });
    const again = await find(cycleId, 'bank-north');
    assert.deepEqual([again.attempt, again.state, again.amount.minor], [2, 'instructed', '300']);
    await settleAll(cycleId);
    assert.equal(await netOf('bank-north'), '0 0');
  });

  // spec/clearing.md 6
  it('rolls what a debtor did not pay into the open cycle, without undoing a payment', async () => {
    await pay('north', 600);
    await pay('south', 400);
    const cycleId = await closeOpen();
    await confirm(cycleId, 'bank-south', 'settled');
    const { body } = await confirm(cycleId, 'bank-north', 'rejected');
    const { operator } = network.switch;
    const rolled = await operator.send(
      'POST',
      `/admin/v1/settlement-instructions/${body.instructionId}/roll`,
      {},
    );
    assert.equal(rolled.body.state, 'rolled');
    assert.equal((await find(cycleId, 'acquirer-east')).amount.minor, '400', 'no more than came in');
    await confirm(cycleId, 'acquirer-east', 'settled');
    await untilState(cycleId, 'settled');
    assert.equal(await netOf('bank-north'), '-600 0', 'it still owes');
    await pay('north', 50);
    const next = await closeOpen();
    const { positions } = await admin(`/cycles/${next}`);
    assert.deepEqual(
      positions.map(({ participant, net, carried, due }: Record<string, string>) =>
        [participant, net, carried, due].join(' '),
      ),
      ['acquirer-east 50 600 650', 'bank-north -50 -600 -650'],
    );
    await settleAll(next);
    assert.equal(await netOf('bank-north'), '0 0');
    assert.equal(await netOf('acquirer-east'), '0 0');
  });

  it('pays out what a creditor has not spent again, and carries the rest', async () => {
    const { operator } = network.switch;
    const caps = '/admin/v1/participants/acquirer-east/net-debit-caps';
    await operator.send('PUT', caps, yuan(0));
    const paymentId = await pay('north', 900);
    const [{ cycleId }] = (await admin('/cycles')).cycles;
    await operator.send('POST', `/admin/v1/cycles/${cycleId}/close`, {});
    // It refunds before its claim is set aside; whichever is first, what it owes stays within its cap.
    const refund = await network.acquirer.send('POST', `/v1/payments/${paymentId}/refunds`, {
      amount: yuan(200),
    });
    await untilState(cycleId, 'settling');
    const isRefunded = refund.body.state === 'captured';
    await confirm(cycleId, 'bank-north', 'settled');
    const { amount } = await find(cycleId, 'acquirer-east');
    assert.equal(amount.minor, isRefunded ? '700' : '900');
    await confirm(cycleId, 'acquirer-east', 'settled');
    await untilState(cycleId, 'settled');
    assert.equal(await netOf('acquirer-east'), '0 0');
    await operator.send('PUT', caps, yuan(1_000_000));
    await operator.send('POST', `/admin/v1/cycles/${cycleId + 1}/close`, {});
    await until('the next cycle to settle', async () => {
      const cycle = await admin(`/cycles/${cycleId + 1}`);
      if (cycle.state === 'settling' && isRefunded) {
        assert.deepEqual(await list(cycleId + 1), ['bank-north pay_out 200 instructed']);
        await confirm(cycleId + 1, 'bank-north', 'settled');
      }
      return cycle.state === 'settled' ? true : undefined;
    });
    assert.equal(await netOf('bank-north'), '0 0');
  });

  it('asks the agent when a confirmation does not come, and tells it again what it does not know', async () => {
    await pay('north', 70);
    const cycleId = await closeOpen();
    agent.reply = say({ outcome: 'not_found' });
    offsetMs += 16_000;
    const { instructionId } = await find(cycleId, 'bank-north');
    await agent.waitFor(
      ({ path }) => path === `/settlement-instructions/${instructionId}/inquiry`,
      'inquiry',
    );
    await until('it is told again', async () => {
      const told = agent.received.filter(({ body }) => body.instructionId === instructionId);
      return told.length >= 2 ? true : undefined;
    });
    agent.reply = say({ outcome: 'settled', reference: 'found' });
    await until('settled', async () => {
      offsetMs += 16_000;
      await new Promise((resolve) => setTimeout(resolve, 300));
      return (await admin(`/cycles/${cycleId}`)).state === 'settled' ? true : undefined;
    });
    assert.equal((await find(cycleId, 'bank-north')).reference, 'found');
    assert.equal(await netOf('acquirer-east'), '0 0');
  });

  it('takes the agent’s word from the agent only', async () => {
    await pay('north', 10);
    const cycleId = await closeOpen();
    const { instructionId } = await find(cycleId, 'bank-north');
    const word = { instructionId, outcome: 'settled' };
    for (const sender of [network.bank, network.acquirer, network.wallet]) {
      assertRefused(await sender.send('POST', '/v1/settlement-confirmations', word), {
        code: 'SENDER_ROLE_FORBIDDEN',
      });
    }
    const other = await joinNetwork(network.switch, {
      ...{ id: 'other-agent', number: '900002', roles: ['settlement'], caps: [] },
    });
    const unknown = { code: 'SETTLEMENT_INSTRUCTION_UNKNOWN', path: '/instructionId' };
    assertRefused(await other.send('POST', '/v1/settlement-confirmations', word), unknown);
    const nobody = { ...word, instructionId: '01900000-0000-7000-8000-000000000000' };
    assertRefused(await agent.send('POST', '/v1/settlement-confirmations', nobody), unknown);
    await other.close();
    await settleAll(cycleId);
  });

  it('shows each participant its own instructions', async () => {
    const { body } = await network.bank.send('GET', '/v1/cycles/1/settlement');
    assert.ok(body.instructions.length > 0);
    assert.ok([...body.items, ...body.instructions].every(({ participant }) => participant === 'bank-north'));
    assert.deepEqual((await network.otherAcquirer.send('GET', '/v1/cycles/1/settlement')).body.items, []);
    assertRefused(await network.bank.send('GET', '/v1/cycles/9999/settlement'), { code: 'CYCLE_UNKNOWN' });
  });
});
