import assert from 'node:assert/strict';
import { generateSigningKey, importJwks, type SigningKey, signKeyProof } from '@barlink/signing';
import { startNetwork, type TestNetwork } from '../support/network.ts';
import type { ParticipantDouble } from '../support/participant-double.ts';
import { assertRefused, type RefusalRow, testRefusals } from '../support/refusals.ts';
import { createSender } from '../support/sender.ts';
import { startSwitch } from '../support/start-switch.ts';

const hourMs = 60 * 60 * 1000;
const inHours = (hours: number) => new Date(Date.now() + hours * hourMs).toISOString();

interface Given extends TestNetwork {
  readonly fresh: SigningKey;
  readonly proof: string;
}

async function prove(
  key: SigningKey,
  { id }: { readonly id: string },
  use: 'messages' | 'codes' = 'messages',
) {
  return signKeyProof(key, { participantId: id, audience: 'barlink-switch', use });
}

/** The wallet offers the fresh key, right but for the change. */
function offer(change: (given: Given) => object): RefusalRow<Given>['send'] {
  return (given) =>
    given.wallet.send('POST', '/v1/keys', {
      jwk: given.fresh.publicJwk,
      use: 'messages',
      proof: given.proof,
      ...change(given),
    });
}

const refusals: readonly RefusalRow<Given>[] = [
  {
    it: 'a key without a proof',
    code: 'MESSAGE_MEMBER_MISSING',
    path: '/proof',
    send: offer(() => ({ proof: undefined })),
  },
  {
    it: 'a proof that is none',
    code: 'PARTICIPANT_KEY_UNPROVEN',
    path: '/proof',
    send: offer(() => ({ proof: 'a.b.c' })),
  },
  {
    it: 'a proof for another use',
    code: 'PARTICIPANT_KEY_UNPROVEN',
    path: '/proof',
    send: offer(() => ({ use: 'codes' })),
  },
  {
    it: 'a private key',
    code: 'PARTICIPANT_KEY_INVALID',
    path: '/jwk',
    send: offer(({ fresh }) => ({ jwk: { ...fresh.publicJwk, d: 'A'.repeat(43) } })),
  },
  {
    it: 'a key that is registered',
    code: 'PARTICIPANT_KEY_EXISTS',
    send: async ({ wallet }) =>
      wallet.send('POST', '/v1/keys', {
        jwk: wallet.key.publicJwk,
        use: 'messages',
        proof: await prove(wallet.key, wallet),
      }),
  },
  {
    it: 'a key that counts for less than 24 hours',
    code: 'PARTICIPANT_KEY_TIME_INVALID',
    path: '/expiresAt',
    send: offer(() => ({ notBefore: inHours(10), expiresAt: inHours(33) })),
  },
  {
    it: 'the end of a key that has no successor',
    code: 'PARTICIPANT_KEY_OVERLAP_SHORT',
    path: '/expiresAt',
    send: ({ wallet }) => wallet.send('PUT', `/v1/keys/${wallet.key.kid}`, { expiresAt: inHours(48) }),
  },
  {
    it: 'the end of a key in the past',
    code: 'PARTICIPANT_KEY_TIME_INVALID',
    path: '/expiresAt',
    send: ({ wallet }) => wallet.send('PUT', `/v1/keys/${wallet.key.kid}`, { expiresAt: inHours(-1) }),
  },
  {
    it: 'the end of somebody else’s key',
    code: 'PARTICIPANT_KEY_UNKNOWN',
    send: ({ wallet, bank }) => wallet.send('PUT', `/v1/keys/${bank.key.kid}`, { expiresAt: inHours(48) }),
  },
  {
    it: 'somebody else’s key to be revoked',
    code: 'PARTICIPANT_KEY_UNKNOWN',
    send: ({ wallet, bank }) => wallet.send('DELETE', `/v1/keys/${bank.key.kid}`),
  },
];

describe('keys of participants', () => {
  let network: TestNetwork;
  let given: Given;
  before(async () => {
    network = await startNetwork();
    const fresh = await generateSigningKey('ES256');
    given = { ...network, fresh, proof: await prove(fresh, network.wallet) };
  });
  after(async () => {
    await network.stop();
    assert.deepEqual(network.switch.faults, []);
  });

  /** Sends as a participant with another of its keys. */
  const as = ({ id }: ParticipantDouble, key: SigningKey) =>
    createSender({ id, key, url: network.switch.url });

  async function add(owner: ParticipantDouble, window: object, use: 'messages' | 'codes' = 'messages') {
    const key = await generateSigningKey('EdDSA');
    const proof = await prove(key, owner, use);
    const answer = await owner.send('POST', '/v1/keys', { jwk: key.publicJwk, use, proof, ...window });
    assert.equal(answer.status, 201, answer.text);
    return { key, shown: answer.body };
  }

  describe('refuse', () => testRefusals(() => given, refusals));

  it('are entered by their owner, take part at once, and are published with when they count', async () => {
    const { bank, switch: network_ } = network;
    const { key } = await add(bank, { expiresAt: inHours(100) });
    assert.equal((await as(bank, key).send('GET', '/v1/positions')).status, 200);
    const published = await (await fetch(`${network_.url}/v1/participants/${bank.id}/keys`)).json();
    const found = (await importJwks(published)).get(key.kid);
    assert.ok(found?.expiresAt && Math.abs(found.expiresAt.getTime() - Date.parse(inHours(100))) < 60_000);
  });

  it('count from their beginning only', async () => {
    const { bank } = network;
    const { key, shown } = await add(bank, { notBefore: inHours(30) });
    assert.equal(shown.notBefore.slice(0, 13), inHours(30).slice(0, 13));
    assertRefused(await as(bank, key).send('GET', '/v1/positions'), {
      code: 'SIGNATURE_KEY_NOT_VALID',
      path: '/kid',
      isUnsigned: true,
    });
  });

  it('end when a successor has counted for 24 hours, and not before', async () => {
    const { acquirer } = network;
    const first = acquirer.key;
    await add(acquirer, { notBefore: inHours(30) });
    const target = `/v1/keys/${first.kid}`;
    assertRefused(await acquirer.send('PUT', target, { expiresAt: inHours(53) }), {
      code: 'PARTICIPANT_KEY_OVERLAP_SHORT',
      path: '/expiresAt',
    });
    const ended = await acquirer.send('PUT', target, { expiresAt: inHours(55) });
    assert.equal(ended.status, 200, ended.text);
    assert.equal(ended.body.kid, first.kid);
    const late = await generateSigningKey('ES256');
    // The second key goes on for good, so a third one may come at any time.
    const proof = await prove(late, acquirer);
    const body = { jwk: late.publicJwk, use: 'messages', notBefore: inHours(90), proof };
    assert.equal((await acquirer.send('POST', '/v1/keys', body)).status, 201);
  });

  it('that come too late for their predecessor are refused, unless they count from the start', async () => {
    const { operator } = network.switch;
    const { otherBank } = network;
    await add(otherBank, { expiresAt: inHours(40) }, 'codes');
    await otherBank.send('DELETE', `/v1/keys/${otherBank.codeKey.kid}`);
    const key = await generateSigningKey('ES256');
    const target = `/admin/v1/participants/${otherBank.id}/keys`;
    const late = { jwk: key.publicJwk, use: 'codes', notBefore: inHours(20) };
    assertRefused(await operator.send('POST', target, late), {
      code: 'PARTICIPANT_KEY_OVERLAP_SHORT',
      path: '/notBefore',
    });
    assert.equal((await operator.send('POST', target, { jwk: key.publicJwk, use: 'codes' })).status, 201);
  });

  it('that were revoked are told from unknown ones', async () => {
    const { otherWallet, switch: network_ } = network;
    const { key } = await add(otherWallet, {});
    const lost = as(otherWallet, key);
    assert.equal((await lost.send('GET', '/v1/positions')).status, 200);
    assert.equal((await otherWallet.send('DELETE', `/v1/keys/${key.kid}`)).status, 200);
    const gone = { path: '/kid', isUnsigned: true } as const;
    assertRefused(await lost.send('GET', '/v1/positions'), { code: 'SIGNATURE_KEY_NOT_VALID', ...gone });
    const stranger = as(otherWallet, await generateSigningKey('ES256'));
    assertRefused(await stranger.send('GET', '/v1/positions'), { code: 'SIGNATURE_KEY_UNKNOWN', ...gone });
    const published = (await (
      await fetch(`${network_.url}/v1/participants/${otherWallet.id}/keys`)
    ).json()) as {
      keys: { kid: string; exp?: number }[];
    };
    assert.equal(published.keys.find(({ kid }) => kid === key.kid)?.exp, 0);
  });

  it('are at most 16 of a use', async () => {
    const { otherAcquirer } = network;
    for (let count = 1; count < 16; count += 1) {
      await add(otherAcquirer, {}, 'codes');
    }
    const key = await generateSigningKey('ES256');
    const proof = await prove(key, otherAcquirer, 'codes');
    const body = { jwk: key.publicJwk, use: 'codes', proof };
    assertRefused(await otherAcquirer.send('POST', '/v1/keys', body), {
      code: 'PARTICIPANT_KEYS_TOO_MANY',
      path: '/jwk',
    });
  });

  it('revoked through one process are refused by another within two seconds, for good', async () => {
    const { bank } = network;
    const other = await startSwitch({ beside: network.switch, settings: { keysChangedBy: 'operator' } });
    try {
      const { key } = await add(bank, {});
      const there = createSender({ id: bank.id, key, url: other.url });
      assert.equal((await there.send('GET', '/v1/positions')).status, 200, 'read again for an unknown key');
      const revokedAt = performance.now();
      await bank.send('DELETE', `/v1/keys/${key.kid}`);
      let status = 200;
      let acceptedAt = revokedAt;
      while (status === 200 && performance.now() - revokedAt < 20_000) {
        acceptedAt = performance.now();
        ({ status } = await there.send('GET', '/v1/positions'));
      }
      assert.equal(status, 401);
      // A register is read every second; the rest is what a busy machine may add.
      assert.ok(acceptedAt - revokedAt < 6000, `still taken after ${Math.round(acceptedAt - revokedAt)} ms`);
      const refused = await createSender({ id: bank.id, key: bank.key, url: other.url }).send(
        'DELETE',
        `/v1/keys/${key.kid}`,
      );
      assertRefused(refused, { code: 'PARTICIPANT_KEY_CHANGE_FORBIDDEN' });
    } finally {
      await other.stop();
    }
  });
});
