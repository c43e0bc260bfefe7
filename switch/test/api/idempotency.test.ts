import assert from 'node:assert/strict';
import { generateSigningKey, type SigningKey } from '@barlink/signing';
import { forgeSignature } from '../support/forge-signature.ts';
import { makeCode, makeToken, merchant, startNetwork, type TestNetwork, yuan } from '../support/network.ts';
import { type RefusalRow, testRefusals } from '../support/refusals.ts';
import { newUuid7, type Received } from '../support/sender.ts';

/** A network with a captured payment whose request is known to the byte. */
interface Given extends TestNetwork {
  readonly payment: object;
  readonly tokenId: string;
  readonly payload: string;
  readonly sent: { readonly jti: string; readonly idempotencyKey: string };
  readonly paid: Received;
  readonly freshKey: SigningKey;
}

const path = '/v1/payments';
const hourMs = 60 * 60 * 1000;

async function start(): Promise<Given> {
  const network = await startNetwork();
  const { payload } = await makeCode(network.acquirer);
  const { tokenId } = await makeToken(network.wallet, network.bank);
  const payment = { presentment: 'merchant', payload, tokenId, amount: yuan(1250) };
  const sent = { jti: newUuid7(), idempotencyKey: newUuid7() };
  const paid = await network.wallet.send('POST', path, payment, sent);
  assert.equal(paid.body.state, 'captured');
  const freshKey = await generateSigningKey('ES256');
  return { ...network, payment, payload, tokenId, sent, paid, freshKey };
}

function payWithKey(at: () => Date): (given: Given) => Promise<Received> {
  return ({ wallet, payment }) => wallet.send('POST', path, payment, { idempotencyKey: newUuid7(at()) });
}

const refusals: readonly RefusalRow<Given>[] = [
  {
    it: 'a write without a key',
    code: 'IDEMPOTENCY_KEY_MISSING',
    send: ({ wallet, payment }) => wallet.send('POST', path, payment, { idempotencyKey: undefined }),
  },
  ...['not-a-uuid', '6ba7b810-9dad-41d1-80b4-00c04fd430c8', newUuid7().toUpperCase()].map(
    (idk): RefusalRow<Given> => ({
      it: `the key ${idk.slice(0, 18)}, which is no UUIDv7 in lower case`,
      code: 'SIGNATURE_MALFORMED',
      path: '/idk',
      isUnsigned: true,
      send: async ({ wallet, payment }) => {
        const bytes = Buffer.from(JSON.stringify(payment));
        const signature = await forgeSignature(bytes, { sender: wallet, method: 'POST', target: path, idk });
        return wallet.send('POST', path, payment, { bytes, signature });
      },
    }),
  ),
  {
    it: 'a key of 25 hours ago',
    code: 'IDEMPOTENCY_KEY_STALE',
    send: payWithKey(() => new Date(Date.now() - 25 * hourMs)),
  },
  {
    it: 'a key of six minutes ahead',
    code: 'IDEMPOTENCY_KEY_STALE',
    send: payWithKey(() => new Date(Date.now() + hourMs / 10)),
  },
  {
    it: 'a known key with another body',
    code: 'IDEMPOTENCY_KEY_CONFLICT',
    send: ({ wallet, payment, sent }) =>
      wallet.send('POST', path, { ...payment, amount: yuan(1251) }, { idempotencyKey: sent.idempotencyKey }),
  },
  {
    it: 'a known key with the same body in other bytes',
    code: 'IDEMPOTENCY_KEY_CONFLICT',
    send: ({ wallet, payment, sent }) =>
      wallet.send('POST', path, payment, {
        bytes: Buffer.from(JSON.stringify(payment, undefined, 1)),
        idempotencyKey: sent.idempotencyKey,
      }),
  },
  {
    it: 'a known key at another path',
    code: 'IDEMPOTENCY_KEY_CONFLICT',
    send: ({ wallet, tokenId, sent }) =>
      wallet.send('POST', `/v1/tokens/${tokenId}/suspend`, {}, { idempotencyKey: sent.idempotencyKey }),
  },
  {
    it: 'a known key with a query added',
    code: 'IDEMPOTENCY_KEY_CONFLICT',
    send: ({ wallet, payment, sent }) =>
      wallet.send('POST', `${path}?again`, payment, { idempotencyKey: sent.idempotencyKey }),
  },
  {
    it: 'the same message a second time',
    code: 'SIGNATURE_REPLAYED',
    send: ({ wallet, payment, sent }) => wallet.send('POST', path, payment, sent),
  },
  {
    it: 'a known jti with a new key',
    code: 'SIGNATURE_REPLAYED',
    send: ({ wallet, payment, sent }) => wallet.send('POST', path, payment, { jti: sent.jti }),
  },
  {
    it: 'a known jti at another path',
    code: 'SIGNATURE_REPLAYED',
    send: ({ wallet, tokenId, sent }) =>
      wallet.send('POST', `/v1/tokens/${tokenId}/suspend`, {}, { jti: sent.jti }),
  },
];

/** One kind of write: how often it is sent must not matter. */
interface WriteRow {
  readonly it: string;
  /** Makes what the write needs; answers how it is sent with a key. */
  readonly prepare: (given: Given) => Promise<(idempotencyKey: string) => Promise<Received>>;
  /** Counts its effects. */
  readonly count: string;
}

const writes: readonly WriteRow[] = [
  {
    it: 'registering a code',
    prepare: async ({ acquirer }) => {
      const code = { merchant, mode: 'static', currency: 'CNY' };
      return (idempotencyKey) => acquirer.send('POST', '/v1/codes', code, { idempotencyKey });
    },
    count: 'select count(*)::int as count from merchant_codes',
  },
  {
    it: 'creating a token',
    prepare: async ({ wallet, bank }) => {
      const token = { issuer: bank.id, account: '6222021001116245702' };
      return (idempotencyKey) => wallet.send('POST', '/v1/tokens', token, { idempotencyKey });
    },
    count: 'select count(*)::int as count from tokens',
  },
  {
    it: 'suspending a token',
    prepare: async ({ wallet, bank }) => {
      const { tokenId } = await makeToken(wallet, bank);
      const target = `/v1/tokens/${tokenId}/suspend`;
      return (idempotencyKey) => wallet.send('POST', target, {}, { idempotencyKey });
    },
    count: `select count(*)::int as count from token_events where event = 'suspend'`,
  },
  {
    it: 'paying',
    prepare: async ({ wallet, payment }) => {
      return (idempotencyKey) => wallet.send('POST', path, payment, { idempotencyKey });
    },
    count: `select count(*)::int as count from payment_events where state = 'captured'`,
  },
  {
    it: 'refunding the whole amount',
    prepare: async ({ wallet, acquirer, payment }) => {
      const { body } = await wallet.send('POST', path, payment);
      const target = `${path}/${body.paymentId}/refunds`;
      return (idempotencyKey) => acquirer.send('POST', target, { amount: yuan(1250) }, { idempotencyKey });
    },
    count: `select count(*)::int as count from payments where kind = 'refund'`,
  },
  {
    it: 'reversing',
    prepare: async ({ wallet, acquirer, payment }) => {
      const { body } = await wallet.send('POST', path, payment);
      const target = `${path}/${body.paymentId}/reverse`;
      const request = { reason: 'MERCHANT_REQUESTED' };
      return (idempotencyKey) => acquirer.send('POST', target, request, { idempotencyKey });
    },
    count: `select count(*)::int as count from payment_events where state = 'reversed'`,
  },
  {
    it: 'adding a key',
    prepare: async ({ switch: { operator }, bank, freshKey }) => {
      const target = `/admin/v1/participants/${bank.id}/keys`;
      const request = { jwk: freshKey.publicJwk, use: 'messages' };
      return (idempotencyKey) => operator.send('POST', target, request, { idempotencyKey });
    },
    count: 'select count(*)::int as count from participant_keys',
  },
  {
    it: 'raising a net debit cap',
    prepare: async ({ switch: { operator }, bank }) => {
      const target = `/admin/v1/participants/${bank.id}/net-debit-caps`;
      return (idempotencyKey) => operator.send('PUT', target, yuan(200_000_000), { idempotencyKey });
    },
    count: 'select count(*)::int as count from ledger.transfers where code = 2',
  },
];

describe('idempotency', () => {
  let given: Given;
  before(async () => {
    given = await start();
  });
  after(async () => {
    await given.stop();
    assert.deepEqual(given.switch.faults, []);
  });

  async function count(sql: string): Promise<number> {
    const { rows } = await given.switch.database.pool.query<{ count: number }>(sql);
    return rows[0]?.count ?? 0;
  }

  describe('refuses', () => testRefusals(() => given, refusals));

  for (const row of writes) {
    it(`${row.it}: one effect and one answer for 20 at once and more afterwards`, async () => {
      const send = await row.prepare(given);
      const before = await count(row.count);
      const key = newUuid7();
      const together = await Promise.all(Array.from({ length: 20 }, () => send(key)));
      const first = await send(key);
      const second = await send(key);
      assert.ok(first.status < 300, first.text);
      assert.equal(second.text, first.text);
      for (const { status, text, body } of together) {
        const isAtWork = body.code === 'IDEMPOTENCY_IN_PROGRESS' && body.retryable === true;
        assert.ok(isAtWork || (status === first.status && text === first.text), text);
      }
      assert.equal(await count(row.count), before + 1);
    });
  }

  it('gives the first answer again after the code has expired', async () => {
    const { acquirer, wallet, tokenId, switch: network } = given;
    const soon = new Date(Date.now() + 1000);
    const code = { mode: 'dynamic', amount: yuan(500), expiresAt: soon.toISOString() };
    const { payload } = await makeCode(acquirer, code);
    const request = { presentment: 'merchant', payload, tokenId };
    const idempotencyKey = newUuid7();
    const first = await wallet.send('POST', path, request, { idempotencyKey });
    assert.equal(first.body.state, 'captured');
    await new Promise((resolve) => setTimeout(resolve, soon.getTime() - Date.now() + 50));
    const payments = await count('select count(*)::int as count from payments');
    const again = await wallet.send('POST', path, request, { idempotencyKey });
    assert.equal(again.text, first.text);
    assert.equal((await wallet.send('POST', path, request)).body.code, 'CODE_TIME_EXPIRED');
    assert.equal(await count('select count(*)::int as count from payments'), payments);
    assert.deepEqual(network.faults, []);
  });

  it('gives the first answer again after the payment was reversed', async () => {
    const { acquirer, wallet, payment, paid, sent } = given;
    const { body } = await acquirer.send('POST', `${path}/${paid.body.paymentId}/reverse`, {
      reason: 'MERCHANT_REQUESTED',
    });
    assert.equal(body.state, 'reversed');
    const again = await wallet.send('POST', path, payment, { idempotencyKey: sent.idempotencyKey });
    assert.equal(again.text, paid.text);
  });

  it('keeps the same key of two senders apart', async () => {
    const idempotencyKey = newUuid7();
    const code = { merchant, mode: 'static', currency: 'CNY' };
    const one = await given.acquirer.send('POST', '/v1/codes', code, { idempotencyKey });
    const other = await given.otherAcquirer.send('POST', '/v1/codes', code, { idempotencyKey });
    assert.deepEqual([one.status, other.status], [201, 201]);
    assert.notEqual(one.body.codeId, other.body.codeId);
  });
});
