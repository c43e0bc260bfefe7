import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { generateSigningKey, type SigningKey } from '@barlink/signing';
import { startNetwork, type TestNetwork, yuan } from '../support/network.ts';
import { assertRefused, type RefusalRow, testRefusals } from '../support/refusals.ts';
import type { Received } from '../support/sender.ts';

interface Given extends TestNetwork {
  readonly freshKey: SigningKey;
}

/** Registers a bank that is right but for the change. */
function register(change: (given: Given) => object): (given: Given) => Promise<Received> {
  return (given) =>
    given.switch.operator.send('POST', '/admin/v1/participants', {
      participantId: 'bank-new',
      name: 'New Bank',
      number: '000099',
      roles: ['issuer'],
      url: 'http://127.0.0.1:1',
      keys: [{ jwk: given.freshKey.publicJwk, use: 'messages' }],
      netDebitCaps: [yuan(100)],
      ...change(given),
    });
}

function keysOf(change: (given: Given) => object) {
  return register((given) => {
    const jwk = { ...given.freshKey.publicJwk, ...change(given) };
    return { keys: [{ jwk, use: 'messages' }] };
  });
}

const target = '/admin/v1/participants';

const refusals: readonly RefusalRow<Given>[] = [
  {
    it: 'an id that is taken',
    code: 'PARTICIPANT_ALREADY_EXISTS',
    send: register(({ bank }) => ({ participantId: bank.id })),
  },
  {
    it: 'a number that is taken',
    code: 'PARTICIPANT_ALREADY_EXISTS',
    send: register(({ bank }) => ({ number: bank.number })),
  },
  {
    it: 'a key that somebody has registered',
    code: 'PARTICIPANT_KEY_EXISTS',
    send: register(({ bank }) => ({ keys: [{ jwk: bank.key.publicJwk, use: 'messages' }] })),
  },
  {
    it: 'the same key twice',
    code: 'PARTICIPANT_KEY_EXISTS',
    send: register(({ freshKey }) => ({
      keys: [
        { jwk: freshKey.publicJwk, use: 'messages' },
        { jwk: freshKey.publicJwk, use: 'codes' },
      ],
    })),
  },
  {
    it: 'a key that is none',
    code: 'PARTICIPANT_KEY_INVALID',
    path: '/keys/0/jwk',
    send: keysOf(() => ({ x: 'AAAA' })),
  },
  {
    it: 'a key of an algorithm we do not take',
    code: 'PARTICIPANT_KEY_INVALID',
    path: '/keys/0/jwk',
    send: keysOf(() => ({ kty: 'RSA', n: 'AQAB', e: 'AQAB' })),
  },
  {
    it: 'a private key',
    code: 'PARTICIPANT_KEY_INVALID',
    path: '/keys/0/jwk',
    send: keysOf(() => ({ d: 'A'.repeat(43) })),
  },
  {
    it: 'two caps in one currency',
    code: 'MESSAGE_MEMBER_INVALID',
    path: '/netDebitCaps/1/currency',
    send: register(() => ({ netDebitCaps: [yuan(1), yuan(2)] })),
  },
  {
    it: 'no role',
    code: 'MESSAGE_MEMBER_INVALID',
    path: '/roles',
    send: register(() => ({ roles: [] })),
  },
  {
    it: 'a role that does not exist',
    code: 'MESSAGE_MEMBER_INVALID',
    path: '/roles/0',
    send: register(() => ({ roles: ['king'] })),
  },
  {
    it: 'a url of another kind',
    code: 'MESSAGE_MEMBER_INVALID',
    path: '/url',
    send: register(() => ({ url: 'file:///etc/passwd' })),
  },
  {
    it: 'an id in upper case',
    code: 'MESSAGE_MEMBER_INVALID',
    path: '/participantId',
    send: register(() => ({ participantId: 'Bank' })),
  },
  {
    it: 'no keys at all',
    code: 'MESSAGE_MEMBER_MISSING',
    path: '/keys',
    send: register(() => ({ keys: undefined })),
  },
  {
    it: 'suspending somebody unknown',
    code: 'PARTICIPANT_UNKNOWN',
    send: ({ switch: { operator } }) => operator.send('POST', `${target}/bank-nowhere/suspend`, {}),
  },
  {
    it: 'looking somebody unknown up',
    code: 'PARTICIPANT_UNKNOWN',
    send: ({ switch: { operator } }) => operator.send('GET', `${target}/bank-nowhere`),
  },
  {
    it: 'adding a key that is registered',
    code: 'PARTICIPANT_KEY_EXISTS',
    send: ({ switch: { operator }, bank, otherBank }) =>
      operator.send('POST', `${target}/${otherBank.id}/keys`, { jwk: bank.key.publicJwk, use: 'messages' }),
  },
  {
    it: 'revoking a key nobody has',
    code: 'PARTICIPANT_KEY_UNKNOWN',
    send: ({ switch: { operator }, bank }) =>
      operator.send('DELETE', `${target}/${bank.id}/keys/${'A'.repeat(43)}`),
  },
  {
    it: 'revoking somebody else’s key',
    code: 'PARTICIPANT_KEY_UNKNOWN',
    send: ({ switch: { operator }, bank, otherBank }) =>
      operator.send('DELETE', `${target}/${bank.id}/keys/${otherBank.key.kid}`),
  },
];

describe('registration', () => {
  let network: TestNetwork;
  let given: Given;
  before(async () => {
    network = await startNetwork({ settings: { requestsMax: 1 } });
    given = { ...network, freshKey: await generateSigningKey('ES256') };
  });
  after(async () => {
    await network.stop();
    assert.deepEqual(network.switch.faults, []);
  });

  describe('refuses', () => testRefusals(() => given, refusals));

  it('keeps a suspended participant out until it is resumed', async () => {
    const { wallet, switch: network_ } = given;
    const { operator } = network_;
    const suspended = await operator.send('POST', `${target}/${wallet.id}/suspend`, {});
    assert.equal(suspended.body.state, 'suspended');
    assertRefused(await wallet.send('GET', '/v1/positions'), { code: 'SENDER_SUSPENDED' });
    await operator.send('POST', `${target}/${wallet.id}/resume`, {});
    assert.equal((await wallet.send('GET', '/v1/positions')).status, 200);
  });

  it('shows the operator everyone, without a private key', async () => {
    const { body, text } = await given.switch.operator.send('GET', target);
    assert.equal(body.participants.length, 7);
    assert.ok(!/"d":/.test(text));
  });

  it('takes no more requests at once than it is set to, and says so before it asks its router', async () => {
    const { wallet, bank } = given;
    const token = { issuer: bank.id, account: '6222021001116245702' };
    const inside: Received[] = [];
    const traceId = randomBytes(16).toString('hex');
    const traced = { headers: { traceparent: `00-${traceId}-00f067aa0ba902b7-01` } };
    const usual = bank.reply;
    bank.reply = async (message) => {
      inside.push(await wallet.send('GET', '/v1/positions', undefined, traced));
      inside.push(await wallet.send('POST', '/v1/tokens', token, traced));
      return usual(message);
    };
    const before = await overloads();
    await wallet.send('POST', '/v1/tokens', token);
    bank.reply = usual;
    assert.equal(inside.length, 2);
    for (const refusal of inside) {
      assertRefused(refusal, { code: 'SWITCH_OVERLOADED', isUnsigned: true });
      assert.equal(refusal.headers.get('retry-after'), '1');
      assert.equal(refusal.headers.get('content-type'), 'application/problem+json');
      assert.equal(refusal.body.traceId, traceId);
    }
    assert.deepEqual(inside[1]?.body, inside[0]?.body);
    assert.equal((await overloads()) - before, 2);
  });

  /** Requests that found no room, by the switch's own count. */
  async function overloads(): Promise<number> {
    const metrics = await (await fetch(`${given.switch.url}/metrics`)).text();
    const rows = metrics.matchAll(/^barlink_requests_total\{.*code="SWITCH_OVERLOADED".*\} (\d+)$/gm);
    return [...rows].reduce((sum, [, count]) => sum + Number(count), 0);
  }
});
