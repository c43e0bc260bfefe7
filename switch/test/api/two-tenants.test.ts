import assert from 'node:assert/strict';
import { generateSigningKey, signKeyProof } from '@barlink/signing';
import { createPayerCode, readProvision } from '@barlink/tokens';
import { listEndpointRows } from '../support/endpoint-rows.ts';
import { makeCode, makeToken, merchant, startNetwork, type TestNetwork, yuan } from '../support/network.ts';
import type { ParticipantDouble } from '../support/participant-double.ts';
import { assertRefused, writesNothing } from '../support/refusals.ts';
import type { Received } from '../support/sender.ts';

/** What the owners own: `codeId`, `tokenId`, `paymentId` and so on. */
interface Owned {
  readonly codeId: string;
  readonly payload: string;
  readonly tokenId: string;
  readonly paymentId: string;
  /** Of the payment's request. */
  readonly jti: string;
}

/** A participant of each role who has nothing to do with what is owned. */
type Stranger = 'otherWallet' | 'otherAcquirer' | 'otherBank';
const strangers: readonly Stranger[] = ['otherWallet', 'otherAcquirer', 'otherBank'];

/** What a stranger is told who tries; a code refuses, anything else is looked at by the test itself. */
interface TenantCase {
  readonly body?: (owned: Owned) => unknown;
  readonly told: Readonly<Record<Stranger, string>> | 'SENDER_ROLE_FORBIDDEN' | 'own things' | 'anyone';
  /** Where in the message, for those who are told so. */
  readonly at?: Partial<Readonly<Record<Stranger, string>>>;
}

const forbidden = 'SENDER_ROLE_FORBIDDEN';
const notForTokens = { otherWallet: 'TOKEN_UNKNOWN', otherBank: 'TOKEN_UNKNOWN', otherAcquirer: forbidden };
const notForPayments = { otherWallet: forbidden, otherBank: forbidden, otherAcquirer: 'PAYMENT_ID_UNKNOWN' };
const unknownKey = 'PARTICIPANT_KEY_UNKNOWN';
const notMyKey = { otherWallet: unknownKey, otherBank: unknownKey, otherAcquirer: unknownKey };
const unsaid = 'EVIDENCE_UNKNOWN';
const noEvidence = { otherWallet: unsaid, otherBank: unsaid, otherAcquirer: unsaid };
const onlyForWallets = { otherWallet: 'TOKEN_UNKNOWN', otherBank: forbidden, otherAcquirer: forbidden };
const operatorOnly = { told: forbidden, body: () => ({}) } as const;

/** A row for every row of the API; one that is missing is a failing test. */
const cases: Readonly<Record<string, TenantCase>> = {
  'get /v1/keys': { told: 'anyone' },
  'get /v1/keysets/codes': { told: 'anyone' },
  'get /v1/participants/{participantId}/keys': { told: 'anyone' },
  'post /v1/keys': { told: 'own things' },
  'put /v1/keys/{kid}': {
    told: notMyKey,
    body: () => ({ expiresAt: '2099-01-01T00:00:00Z' }),
  },
  'delete /v1/keys/{kid}': { told: notMyKey },
  'get /v1/evidence/{subject}': { told: noEvidence },
  'get /admin/v1/evidence/{subject}': { told: forbidden },
  'get /admin/v1/outflow-limits': { told: forbidden },
  'put /admin/v1/participants/{participantId}/outflow-limits': operatorOnly,
  'post /admin/v1/participants/{participantId}/outflow-reopenings': operatorOnly,
  'post /admin/v1/outflow-reopenings/{reopeningId}/confirm': operatorOnly,
  'post /v1/codes': { told: 'own things' },
  'get /v1/codes/{codeId}': {
    told: { otherAcquirer: 'CODE_PAYLOAD_UNKNOWN', otherWallet: forbidden, otherBank: forbidden },
  },
  'post /v1/codes/resolve': { told: 'own things' },
  'put /v1/codes/{codeId}/document': {
    told: { otherAcquirer: 'CODE_PAYLOAD_UNKNOWN', otherWallet: forbidden, otherBank: forbidden },
    body: () => ({ document: 'x' }),
  },
  'get /c/{codeId}': { told: 'anyone' },
  'post /v1/tokens': { told: 'own things' },
  'get /v1/tokens/{tokenId}': { told: notForTokens },
  'post /v1/tokens/{tokenId}/suspend': { told: notForTokens, body: () => ({}) },
  'post /v1/tokens/{tokenId}/resume': { told: notForTokens, body: () => ({}) },
  'delete /v1/tokens/{tokenId}': { told: notForTokens },
  'put /v1/tokens/{tokenId}/controls': { told: notForTokens, body: () => ({}) },
  'get /v1/tokens/{tokenId}/history': {
    told: { otherWallet: forbidden, otherBank: 'TOKEN_UNKNOWN', otherAcquirer: forbidden },
  },
  'post /v1/tokens/{tokenId}/approve': {
    told: { otherWallet: forbidden, otherBank: 'TOKEN_UNKNOWN', otherAcquirer: forbidden },
    body: () => ({}),
  },
  'post /v1/tokens/{tokenId}/activate': { told: onlyForWallets, body: () => ({}) },
  'post /v1/tokens/{tokenId}/payer-code-handles': {
    told: onlyForWallets,
    body: () => ({ cause: 'device_lost' }),
  },
  'post /v1/payer-codes': { told: onlyForWallets, body: ({ tokenId }) => ({ tokenId }) },
  'post /v1/payments': {
    told: {
      otherWallet: 'TOKEN_UNKNOWN',
      otherAcquirer: 'PAYMENT_PRESENTMENT_FORBIDDEN',
      otherBank: forbidden,
    },
    at: { otherWallet: '/tokenId', otherAcquirer: '/presentment' },
    body: ({ payload, tokenId }) => ({ presentment: 'merchant', payload, tokenId, amount: yuan(1) }),
  },
  'get /v1/payments/{paymentId}': {
    told: {
      otherWallet: 'PAYMENT_ID_UNKNOWN',
      otherAcquirer: 'PAYMENT_ID_UNKNOWN',
      otherBank: 'PAYMENT_ID_UNKNOWN',
    },
  },
  'post /v1/payments/{paymentId}/reverse': {
    told: notForPayments,
    body: () => ({ reason: 'MERCHANT_REQUESTED' }),
  },
  'post /v1/payments/{paymentId}/refunds': { told: notForPayments, body: () => ({ amount: yuan(1) }) },
  'get /v1/positions': { told: 'own things' },
  'get /v1/log/sth': { told: 'anyone' },
  'get /v1/log/sth/{size}': { told: 'anyone' },
  'get /v1/log/heads/{after}': { told: 'anyone' },
  'get /v1/log/proofs/inclusion/{index}/{size}': { told: 'anyone' },
  'get /v1/log/proofs/consistency/{first}/{second}': { told: 'anyone' },
  'get /v1/log/entries/{start}/{count}': { told: 'anyone' },
  'get /v1/log/messages/{jti}': {
    told: {
      otherWallet: 'LOG_MESSAGE_UNKNOWN',
      otherAcquirer: 'LOG_MESSAGE_UNKNOWN',
      otherBank: 'LOG_MESSAGE_UNKNOWN',
    },
  },
  'get /v1/log/payments/{paymentId}': {
    told: {
      otherWallet: 'PAYMENT_ID_UNKNOWN',
      otherAcquirer: 'PAYMENT_ID_UNKNOWN',
      otherBank: 'PAYMENT_ID_UNKNOWN',
    },
  },
  'post /v1/log/sth/{size}/cosignatures': { told: 'own things' },
  'get /admin/v1/log/payments/{paymentId}': { told: forbidden },
  'get /admin/v1/log/sth/{size}/leaves': { told: forbidden },
  'get /admin/v1/log/unlogged': { told: forbidden },
  'post /admin/v1/log/erasures': { told: forbidden, body: () => ({ before: '2020-01-01T00:00:00Z' }) },
  'get /v1/cycles': { told: 'own things' },
  'get /v1/cycles/{cycleId}': { told: 'own things' },
  'get /v1/cycles/{cycleId}/obligations': { told: 'own things' },
  'get /v1/cycles/{cycleId}/settlement': { told: 'own things' },
  'post /v1/settlement-confirmations': { told: forbidden, body: () => ({}) },
  'post /admin/v1/participants': operatorOnly,
  'get /admin/v1/participants': { told: forbidden },
  'get /admin/v1/participants/{participantId}': { told: forbidden },
  'post /admin/v1/participants/{participantId}/suspend': operatorOnly,
  'post /admin/v1/participants/{participantId}/resume': operatorOnly,
  'post /admin/v1/participants/{participantId}/keys': operatorOnly,
  'put /admin/v1/participants/{participantId}/keys/{kid}': operatorOnly,
  'delete /admin/v1/participants/{participantId}/keys/{kid}': { told: forbidden },
  'post /admin/v1/participants/{participantId}/certificates': {
    told: forbidden,
    body: () => ({ request: 'x' }),
  },
  'get /admin/v1/participants/{participantId}/certificates': { told: forbidden },
  'post /admin/v1/participants/{participantId}/certificates/{thumbprint}/revoke': {
    told: forbidden,
    body: () => ({ reason: 'unspecified' }),
  },
  'put /admin/v1/participants/{participantId}/net-debit-caps': { told: forbidden, body: () => yuan(1) },
  'get /admin/v1/positions': { told: forbidden },
  'get /admin/v1/payments/{paymentId}': { told: forbidden },
  'get /admin/v1/tokens/{tokenId}': { told: forbidden },
  'post /admin/v1/tokens/{tokenId}/suspend': operatorOnly,
  'post /admin/v1/tokens/{tokenId}/resume': operatorOnly,
  'post /admin/v1/vault/rotations': operatorOnly,
  'get /admin/v1/vault/rotations/{rotationId}': { told: forbidden },
  'get /admin/v1/cycles': { told: forbidden },
  'get /admin/v1/cycles/{cycleId}': { told: forbidden },
  'get /admin/v1/cycles/{cycleId}/obligations': { told: forbidden },
  'post /admin/v1/cycles/{cycleId}/close': operatorOnly,
  'get /admin/v1/cycles/{cycleId}/settlement': { told: forbidden },
  'post /admin/v1/settlement-instructions/{instructionId}/retry': operatorOnly,
  'post /admin/v1/settlement-instructions/{instructionId}/roll': operatorOnly,
  'get /admin/v1/clearing-schedule': { told: forbidden },
  'put /admin/v1/clearing-schedule': operatorOnly,
};

describe('two tenants', () => {
  let network: TestNetwork;
  let owned: Owned;
  before(async () => {
    network = await startNetwork();
    const { acquirer, wallet, bank } = network;
    const { codeId, payload } = await makeCode(acquirer);
    const { tokenId } = await makeToken(wallet, bank);
    const request = { presentment: 'merchant', payload, tokenId, amount: yuan(1250) };
    const { body, jti } = await wallet.send('POST', '/v1/payments', request);
    owned = { codeId, payload, tokenId, paymentId: body.paymentId, jti };
  });
  after(async () => {
    await network.stop();
    assert.deepEqual(network.switch.faults, []);
  });

  it('are looked at for every row of the API', () => {
    const rows = listEndpointRows().map(({ method, path }) => `${method} ${path}`);
    assert.deepEqual(rows.sort(), Object.keys(cases).sort());
  });

  function attempt(row: string, sender: ParticipantDouble): Promise<Received> {
    const [method = '', path = ''] = row.split(' ');
    const { bank } = network;
    const values: Record<string, string> = {
      ...owned,
      size: '1',
      participantId: bank.id,
      kid: bank.key.kid,
      thumbprint: bank.key.kid,
      cycleId: '1',
      instructionId: '01900000-0000-7000-8000-000000000000',
      subject: owned.paymentId,
      rotationId: '01900000-0000-7000-8000-000000000000',
      reopeningId: '01900000-0000-7000-8000-000000000000',
    };
    const target = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => values[name] ?? '');
    return sender.send(method.toUpperCase(), target, cases[row]?.body?.(owned));
  }

  for (const [row, { told, at }] of Object.entries(cases)) {
    if (told === 'anyone' || told === 'own things') {
      continue;
    }
    for (const stranger of strangers) {
      const code = typeof told === 'string' ? told : told[stranger];
      it(`${row}: ${stranger} is told ${code}, and nothing moves`, async () => {
        const answer = await writesNothing(network.switch, () => attempt(row, network[stranger]));
        assertRefused(answer, { code, ...(at?.[stranger] === undefined ? {} : { path: at[stranger] }) });
        for (const secret of Object.values(owned)) {
          assert.ok(!answer.text.includes(secret), 'the answer repeats nothing that is owned');
        }
      });
    }
  }

  it('are told of a thing of somebody else what they are told of nothing', async () => {
    const { otherWallet, otherAcquirer } = network;
    const nothing = '01900000-0000-7000-8000-000000000000';
    const pairs = [
      [otherWallet, `/v1/tokens/${owned.tokenId}`, `/v1/tokens/${nothing}`],
      [otherWallet, `/v1/payments/${owned.paymentId}`, `/v1/payments/${nothing}`],
      [otherAcquirer, `/v1/codes/${owned.codeId}`, `/v1/codes/${'0'.repeat(16)}`],
    ] as const;
    for (const [sender, theirs, nobodys] of pairs) {
      const [one, other] = [await sender.send('GET', theirs), await sender.send('GET', nobodys)];
      assert.deepEqual({ ...one.body, traceId: '' }, { ...other.body, traceId: '' });
    }
  });

  it('get /v1/positions shows one’s own position only', async () => {
    for (const sender of [network.bank, network.wallet, network.otherAcquirer]) {
      const { body } = await sender.send('GET', '/v1/positions');
      assert.deepEqual(
        body.positions.map(({ participant }: { participant: string }) => participant),
        [sender.id],
      );
    }
  });

  it('get /v1/cycles shows one’s own net positions and obligations only', async () => {
    const { operator } = network.switch;
    await operator.send('POST', '/admin/v1/cycles/1/close', {});
    for (let isClosed = false; !isClosed; ) {
      const { body } = await operator.send('GET', '/admin/v1/cycles/1');
      isClosed = body.closedAt !== undefined;
    }
    const targets = ['/v1/cycles', '/v1/cycles/1', '/v1/cycles/1/obligations', '/v1/cycles/1/settlement'];
    for (const target of targets) {
      for (const stranger of strangers) {
        const { text } = await network[stranger].send('GET', target);
        assert.ok(!/bank-north|acquirer-east/.test(text) && !text.includes(owned.paymentId), text);
      }
      if (!target.endsWith('settlement')) {
        assert.match((await network.bank.send('GET', target)).text, /bank-north/);
      }
    }
    const { text } = await network.bank.send('GET', '/v1/cycles/1');
    assert.ok(!text.includes('acquirer-east'), 'nor the position of the other side');
  });

  it('post /v1/keys enters a key for the sender, with the sender’s own proof only', async () => {
    const { wallet, otherWallet } = network;
    const key = await generateSigningKey('ES256');
    const named = { audience: 'barlink-switch', use: 'messages' } as const;
    const proof = await signKeyProof(key, { participantId: wallet.id, ...named });
    const body = { jwk: key.publicJwk, use: 'messages', proof };
    assertRefused(await otherWallet.send('POST', '/v1/keys', body), {
      code: 'PARTICIPANT_KEY_UNPROVEN',
      path: '/proof',
    });
    assert.equal((await wallet.send('POST', '/v1/keys', body)).status, 201);
    assertRefused(await otherWallet.send('DELETE', `/v1/keys/${key.kid}`), { code: unknownKey });
  });

  it('post /v1/codes makes a code of the sender, whoever the body could name', async () => {
    const { otherAcquirer, acquirer } = network;
    const code = { merchant, mode: 'static', currency: 'CNY' };
    const { body } = await otherAcquirer.send('POST', '/v1/codes', code);
    assert.deepEqual([body.acquirer, body.acquirerNumber], [otherAcquirer.id, otherAcquirer.number]);
    const named = { ...code, acquirer: acquirer.id };
    assertRefused(await otherAcquirer.send('POST', '/v1/codes', named), {
      code: 'MESSAGE_MEMBER_UNKNOWN',
      path: '/acquirer',
    });
  });

  it('post /v1/codes/resolve tells anyone who is paid, and moves nothing', async () => {
    const { payload } = owned;
    const answer = await writesNothing(network.switch, () =>
      network.otherWallet.send('POST', '/v1/codes/resolve', { payload }),
    );
    assert.deepEqual(answer.body.code.merchant, merchant);
  });

  it('post /v1/tokens makes two tokens of one account, each for its wallet', async () => {
    const { wallet, otherWallet, bank } = network;
    const mine = await makeToken(wallet, bank);
    const theirs = await makeToken(otherWallet, bank);
    assert.notEqual(mine.tokenId, theirs.tokenId);
    assert.notEqual(mine.payerCode.deviceKey, theirs.payerCode.deviceKey);
    assert.deepEqual(
      mine.payerCode.handles.filter((handle) => theirs.payerCode.handles.includes(handle)),
      [],
    );
    assertRefused(await wallet.send('GET', `/v1/tokens/${theirs.tokenId}`), { code: 'TOKEN_UNKNOWN' });
  });

  it('cannot resume what the other has suspended', async () => {
    const { wallet, bank } = network;
    const { tokenId } = await makeToken(wallet, bank);
    await bank.send('POST', `/v1/tokens/${tokenId}/suspend`, {});
    const answer = await wallet.send('POST', `/v1/tokens/${tokenId}/resume`, {});
    assertRefused(answer, { code: 'TOKEN_STATE_CONFLICT' });
    assert.equal((await bank.send('POST', `/v1/tokens/${tokenId}/resume`, {})).body.state, 'active');
  });

  it('never learn the account, and an acquirer not whose wallet scanned its code', async () => {
    const { acquirer, wallet, bank, switch: network_ } = network;
    const target = `/v1/payments/${owned.paymentId}`;
    const seen = [
      await acquirer.send('GET', target),
      await wallet.send('GET', target),
      await bank.send('GET', target),
      await network_.operator.send('GET', `/admin${target}`),
      await wallet.send('GET', `/v1/tokens/${owned.tokenId}`),
    ];
    assert.ok(seen.every(({ status, text }) => status === 200 && !text.includes('6222021001116245702')));
    assert.deepEqual(
      seen.slice(0, 3).map(({ body }) => body.wallet),
      [undefined, wallet.id, wallet.id],
    );
    const asked = [...acquirer.received, ...wallet.received].map((message) => JSON.stringify(message));
    assert.ok(asked.every((message) => !message.includes('6222021001116245702')));
  });

  it('an acquirer refunds only its own, also when it took the payer’s code itself', async () => {
    const { acquirer, otherAcquirer, wallet, bank } = network;
    const { payerCode } = await makeToken(wallet, bank);
    const { text } = createPayerCode({ ...readProvision(payerCode), now: new Date(), counter: 1 });
    const request = { presentment: 'consumer', payload: text, amount: yuan(300), merchant };
    const { body } = await acquirer.send('POST', '/v1/payments', request);
    const target = `/v1/payments/${body.paymentId}/refunds`;
    assertRefused(await otherAcquirer.send('POST', target, { amount: yuan(1) }), {
      code: 'PAYMENT_ID_UNKNOWN',
    });
    assert.equal((await acquirer.send('POST', target, { amount: yuan(1) })).body.state, 'captured');
  });
});
