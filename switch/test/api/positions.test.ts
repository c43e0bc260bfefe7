import assert from 'node:assert/strict';
import { makeCode, makeToken, startNetwork, type TestNetwork, yuan } from '../support/network.ts';
import { joinNetwork, type ParticipantDouble } from '../support/participant-double.ts';
import { assertRefused, writesNothing } from '../support/refusals.ts';
import type { Received } from '../support/sender.ts';

describe('positions', () => {
  let network: TestNetwork;
  let payload: string;
  let tokenId: string;
  before(async () => {
    network = await startNetwork();
    ({ payload } = await makeCode(network.acquirer));
    ({ tokenId } = await makeToken(network.wallet, network.bank));
  });
  after(async () => {
    const { body } = await network.switch.operator.send('GET', '/admin/v1/positions');
    const sum = body.positions.reduce((total: number, { net }: { net: string }) => total + Number(net), 0);
    assert.deepEqual([body.positions.length, sum], [7, 0], 'positions sum to zero');
    await network.stop();
    assert.deepEqual(network.switch.faults, []);
  });

  function setCap(participant: string, minor: string): Promise<Received> {
    const target = `/admin/v1/participants/${participant}/net-debit-caps`;
    return network.switch.operator.send('PUT', target, { currency: 'CNY', minor });
  }

  async function pay(minor: number): Promise<string> {
    const request = { presentment: 'merchant', payload, tokenId, amount: yuan(minor) };
    const { body } = await network.wallet.send('POST', '/v1/payments', request);
    return `${body.state} ${body.reason ?? ''}`.trim();
  }

  async function bankPosition() {
    return (await network.bank.send('GET', '/v1/positions')).body.positions[0];
  }

  it('let an issuer owe exactly its net debit cap and no fen more', async () => {
    await setCap('bank-north', '1000');
    const outcomes = [await pay(600), await pay(401), await pay(400), await pay(1)];
    assert.deepEqual(outcomes, [
      'captured',
      'declined NET_DEBIT_CAP_EXCEEDED',
      'captured',
      'declined NET_DEBIT_CAP_EXCEEDED',
    ]);
    assert.deepEqual(await bankPosition(), {
      participant: 'bank-north',
      currency: 'CNY',
      net: '-1000',
      netDebitCap: '1000',
      reserved: '0',
      headroom: '0',
    });
  });

  it('do not ask the issuer about a payment over the cap', () => {
    const asked = network.bank.received.filter(({ path }) => path === '/authorizations');
    assert.equal(asked.length, 2);
  });

  it('leave room for as many payments as fit when 20 come at once', async () => {
    await setCap('bank-north', '1500');
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => pay(40)));
    assert.equal(outcomes.filter((outcome) => outcome === 'captured').length, 12);
    assert.equal((await bankPosition()).headroom, '20');
  });

  it('show what is reserved while the issuer thinks', async () => {
    await setCap('bank-north', '2000');
    const { reply } = network.bank;
    let during: unknown;
    network.bank.reply = async (message) => {
      during = await bankPosition();
      return reply(message);
    };
    assert.equal(await pay(300), 'captured');
    network.bank.reply = reply;
    assert.deepEqual(during, {
      participant: 'bank-north',
      currency: 'CNY',
      net: '-1480',
      netDebitCap: '2000',
      reserved: '300',
      headroom: '220',
    });
  });

  it('refuse a cap below what is owed, and take one that is exactly that', async () => {
    const refused = await writesNothing(network.switch, () => setCap('bank-north', '1779'));
    assertRefused(refused, { code: 'POSITION_CAP_UNDERCUT', path: '/minor' });
    assert.equal((await setCap('bank-north', '1780')).body.headroom, '0');
  });

  it('refuse a cap for somebody unknown', async () => {
    const refused = await writesNothing(network.switch, () => setCap('bank-nowhere', '1'));
    assertRefused(refused, { code: 'PARTICIPANT_UNKNOWN' });
  });

  it('take a cap of zero: then nothing can be owed', async () => {
    assert.equal((await setCap('bank-south', '0')).body.headroom, '0');
    const { tokenId: other } = await makeToken(network.wallet, network.otherBank);
    const request = { presentment: 'merchant', payload, tokenId: other, amount: yuan(1) };
    const { body } = await network.wallet.send('POST', '/v1/payments', request);
    assert.equal(body.reason, 'NET_DEBIT_CAP_EXCEEDED');
  });

  describe('of a participant that is issuer and acquirer', () => {
    let both: ParticipantDouble;
    before(async () => {
      const roles = ['issuer', 'acquirer'];
      const caps = [{ currency: 'CNY', minor: '0' }];
      both = await joinNetwork(network.switch, { id: 'bank-both', number: '000041', roles, caps });
      await setCap('bank-north', '9000');
    });
    after(() => both.close());

    it('are not touched by a payment on both of its sides', async () => {
      const { body } = await payPair(both, both);
      assert.equal(body.state, 'captured');
      assert.equal((await both.send('GET', '/v1/positions')).body.positions[0].net, '0');
    });

    it('refuse a reversal that it could not pay back, and decline such a refund', async () => {
      const received = await payPair(both, network.bank);
      const spent = await payPair(network.acquirer, both);
      assert.deepEqual([received.body.state, spent.body.state], ['captured', 'captured']);
      const target = `/v1/payments/${received.body.paymentId}`;
      const reversed = await writesNothing(network.switch, () =>
        both.send('POST', `${target}/reverse`, { reason: 'MERCHANT_REQUESTED' }),
      );
      assertRefused(reversed, { code: 'REVERSAL_CAP_EXCEEDED' });
      const { body } = await both.send('POST', `${target}/refunds`, { amount: yuan(50) });
      assert.deepEqual([body.state, body.reason], ['declined', 'NET_DEBIT_CAP_EXCEEDED']);
    });

    async function payPair(acquirer: ParticipantDouble, issuer: ParticipantDouble): Promise<Received> {
      const code = await makeCode(acquirer);
      const token = await makeToken(network.wallet, issuer);
      return network.wallet.send('POST', '/v1/payments', {
        presentment: 'merchant',
        payload: code.payload,
        tokenId: token.tokenId,
        amount: yuan(50),
      });
    }
  });
});
