import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { SigningKey } from '@barlink/signing';
import { rootFromInclusion, rootsFromConsistency } from '../support/naive-tree.ts';
import { makeCode, makeToken, startNetwork, type TestNetwork, yuan } from '../support/network.ts';
import { assertRefused, testRefusals } from '../support/refusals.ts';
import { newUuid7 } from '../support/sender.ts';

interface Given extends TestNetwork {
  readonly paymentId: string;
  readonly jti: string;
}

/** A tree head as it is answered. */
interface Head {
  readonly size: number;
  readonly root: string;
  readonly cosignatures: readonly { readonly witness: string; readonly signed: string }[];
}

const bytes = (text: string) => Buffer.from(text, 'base64url');

describe('the transparency log', () => {
  let given: Given;
  before(async () => {
    const network = await startNetwork();
    const { acquirer, wallet, bank } = network;
    const { payload } = await makeCode(acquirer);
    const { tokenId } = await makeToken(wallet, bank);
    const request = { presentment: 'merchant', payload, tokenId, amount: yuan(1250) };
    const { body, jti } = await wallet.send('POST', '/v1/payments', request);
    given = { ...network, paymentId: body.paymentId, jti };
    await isLogged(given);
    await wallet.send('POST', '/v1/payments', request);
    await isLogged(given);
  });
  after(async () => {
    await given.stop();
    assert.deepEqual(given.switch.faults, []);
  });

  async function read(path: string) {
    const response = await fetch(given.switch.url + path);
    assert.equal(response.status, 200, await response.clone().text());
    return response.json() as Promise<ReturnType<typeof JSON.parse>>;
  }

  it('opens a leaf to the sender of its message, and proves it to be in the tree', async () => {
    const { body } = await given.wallet.send('GET', `/v1/log/messages/${given.jti}`);
    const made = createHash('sha256').update(Buffer.of(0)).update(bytes(body.salt)).update(body.record);
    assert.equal(made.digest('base64url'), body.leaf);
    assert.match(body.record, /^barlink\/log\/message\/1\nwallet-jade\n\d{16}\n/);
    assert.ok(body.record.includes(given.paymentId));

    const head = (await read('/v1/log/sth')) as Head;
    const proof = await read(`/v1/log/proofs/inclusion/${body.index}/${head.size}`);
    assert.equal(proof.leaf, body.leaf);
    const path = (proof.path as string[]).map(bytes);
    const root = rootFromInclusion(bytes(body.leaf), path, { index: body.index, size: head.size });
    assert.equal(Buffer.from(root).toString('base64url'), head.root);
  });

  it('proves that every head continues every earlier one', async () => {
    const { heads } = (await read('/v1/log/heads/0')) as { heads: Head[] };
    assert.ok(heads.length > 1);
    for (const [at, second] of heads.entries()) {
      for (const first of heads.slice(0, at)) {
        const proof = await read(`/v1/log/proofs/consistency/${first.size}/${second.size}`);
        const [one, other] = rootsFromConsistency((proof.path as string[]).map(bytes), {
          first: first.size,
          second: second.size,
          firstRoot: bytes(first.root),
        });
        const roots = [one, other].map((root) => Buffer.from(root).toString('base64url'));
        assert.deepEqual(roots, [first.root, second.root]);
      }
    }
    assert.deepEqual((await read('/v1/log/proofs/consistency/2/2')).path, []);
  });

  it('gives out leaf hashes in the order of the tree', async () => {
    const head = (await read('/v1/log/sth')) as Head;
    const { leaves } = await read('/v1/log/entries/0/1000');
    assert.ok((leaves as string[]).length >= head.size);
    const part = await read('/v1/log/entries/2/3');
    assert.deepEqual(part, { start: 2, leaves: (leaves as string[]).slice(2, 5) });
  });

  it('shows each party the leaves of its payment, and opens what is its own', async () => {
    const path = `/v1/log/payments/${given.paymentId}`;
    const seenBy = async (sender: Given['bank']) => {
      const { body } = await sender.send('GET', path);
      return (body.leaves as { kind: string; record?: string; index?: number }[])
        .map(({ kind, record, index }) => {
          assert.equal(typeof index, 'number');
          return record === undefined ? `(${kind})` : kind;
        })
        .sort();
    };
    assert.deepEqual(await seenBy(given.wallet), ['(event)', 'message', 'transfer', 'transfer']);
    assert.deepEqual(await seenBy(given.acquirer), ['(event)', '(message)', 'transfer', 'transfer']);
    assert.deepEqual(await seenBy(given.bank), ['(message)', 'event', 'transfer', 'transfer']);
    const { body } = await given.switch.operator.send('GET', `/admin${path}`);
    assert.ok(body.leaves.every(({ record, salt }: { record?: string; salt?: string }) => record && salt));
    const { text } = await given.acquirer.send('GET', path);
    assert.ok(!text.includes(given.wallet.id), 'whose wallet it was is not told by its leaf either');
  });

  it('opens every leaf of a head to the operator, and knows of no record without leaf', async () => {
    const { heads } = (await read('/v1/log/heads/0')) as { heads: Head[] };
    const indexes: number[] = [];
    for (const { size } of heads) {
      const { body } = await given.switch.operator.send('GET', `/admin/v1/log/sth/${size}/leaves`);
      for (const { index, leaf, salt, record } of body.leaves) {
        indexes.push(index);
        const made = createHash('sha256').update(Buffer.of(0)).update(bytes(salt)).update(record);
        assert.equal(made.digest('base64url'), leaf);
      }
    }
    assert.deepEqual(
      indexes.sort((one, other) => one - other),
      Array.from({ length: heads.at(-1)?.size ?? 0 }, (_, at) => at),
    );
    const { body } = await given.switch.operator.send('GET', '/admin/v1/log/unlogged');
    assert.deepEqual(body, { records: [] });
  });

  it('keeps what witnesses sign, and serves it with the head', async () => {
    const { heads } = (await read('/v1/log/heads/0')) as { heads: Head[] };
    const [first, second] = heads as [Head, Head];
    for (const [head, previous] of [
      [first, undefined],
      [second, first],
    ] as const) {
      const signed = await cosign(given.bank, head, previous);
      const { status, body } = await given.bank.send('POST', path(head), { signed });
      assert.deepEqual([status, body], [201, { size: head.size, witness: given.bank.id }]);
      const served = (await read(`/v1/log/sth/${head.size}`)) as Head;
      assert.deepEqual(served.cosignatures, [{ witness: given.bank.id, signed }]);
    }
    const late = await cosign(given.bank, first, undefined);
    assertRefused(await given.bank.send('POST', path(first), { signed: late }), {
      code: 'LOG_COSIGNATURE_STALE',
      path: '/signed',
    });
  });

  describe('refuses', () => {
    const firstHead = async () =>
      ((await (await fetch(`${given.switch.url}/v1/log/heads/0`)).json()) as { heads: Head[] })
        .heads[0] as Head;
    const send = async (sender: Given['bank'], make: (head: Head) => Promise<string>) => {
      const head = await firstHead();
      return sender.send('POST', path(head), { signed: await make(head) });
    };
    const at = { path: '/signed' };
    const root = 'A'.repeat(43);
    testRefusals(
      () => given,
      [
        {
          it: 'a cosignature that is none',
          code: 'LOG_COSIGNATURE_MALFORMED',
          ...at,
          send: ({ bank }) => send(bank, async () => 'x.y.z'),
        },
        {
          it: 'a cosignature with a member more',
          code: 'LOG_COSIGNATURE_MALFORMED',
          ...at,
          send: ({ bank }) => send(bank, (head) => cosign(bank, head, undefined, { more: 1 })),
        },
        {
          it: 'a cosignature by another participant’s key',
          code: 'LOG_COSIGNATURE_INVALID',
          ...at,
          send: ({ bank, wallet }) =>
            send(bank, (head) => cosign({ id: bank.id, key: wallet.key }, head, undefined)),
        },
        {
          it: 'a cosignature in another’s name',
          code: 'LOG_COSIGNATURE_INVALID',
          ...at,
          send: ({ bank, wallet }) =>
            send(bank, (head) => cosign({ id: wallet.id, key: bank.key }, head, undefined)),
        },
        {
          it: 'a cosignature over another root',
          code: 'LOG_COSIGNATURE_MISMATCH',
          ...at,
          send: ({ otherBank }) => send(otherBank, (head) => cosign(otherBank, { ...head, root }, undefined)),
        },
        {
          it: 'a witness that saw another tree before',
          code: 'LOG_COSIGNATURE_MISMATCH',
          ...at,
          send: ({ otherBank }) => send(otherBank, (head) => cosign(otherBank, head, { ...head, root })),
        },
        {
          it: 'a cosignature of a head there is not',
          code: 'LOG_SIZE_UNKNOWN',
          send: ({ bank }) => bank.send('POST', '/v1/log/sth/999999/cosignatures', { signed: 'x' }),
        },
        {
          it: 'a head there is not',
          code: 'LOG_SIZE_UNKNOWN',
          isUnsigned: true,
          send: ({ bank }) => bank.send('GET', '/v1/log/sth/999999'),
        },
        ...[
          '/v1/log/sth/01',
          '/v1/log/proofs/inclusion/5/5',
          '/v1/log/proofs/inclusion/0/999999',
          '/v1/log/proofs/consistency/0/2',
          '/v1/log/proofs/consistency/3/2',
          '/v1/log/proofs/consistency/1/999999',
          '/v1/log/entries/999999/1',
          '/v1/log/entries/0/0',
          '/v1/log/entries/0/1001',
          '/v1/log/entries/-1/1',
          '/v1/log/heads/x',
        ].map((target) => ({
          it: target,
          code: 'LOG_RANGE_INVALID',
          isUnsigned: true as const,
          send: ({ bank }: Given) => bank.send('GET', target),
        })),
        {
          it: 'a message of somebody else',
          code: 'LOG_MESSAGE_UNKNOWN',
          send: ({ bank, jti }) => bank.send('GET', `/v1/log/messages/${jti}`),
        },
        {
          it: 'to erase what is young',
          code: 'LOG_ERASURE_TOO_RECENT',
          path: '/before',
          send: ({ switch: { operator } }) =>
            operator.send('POST', '/admin/v1/log/erasures', { before: new Date().toISOString() }),
        },
      ],
    );
  });
});

describe('erasing what is old', () => {
  it('takes salts and messages away, and every proof stays valid (spec/audit.md 8)', async () => {
    const network = await startNetwork();
    try {
      const { pool } = network.switch.database;
      // A message that came 40 days ago, as the table would hold it.
      const key = newUuid7(new Date(Date.now() - 40 * 86_400_000));
      await pool.query(
        `insert into messages (sender_id, idempotency_key, jti, fingerprint, method, target, signature, body,
          subject, received_at) values ('bank-north', $1, 'old-jti', repeat('x', 43), 'POST', '/v1/tokens',
          'a..b', '{"old":"canary"}', 'thing', now() - interval '40 days')`,
        [key],
      );
      const open = () => network.bank.send('GET', '/v1/log/messages/old-jti');
      await isLogged(network);
      const { body: opened } = await open();
      assert.ok(opened.record.includes('canary'));

      const before = new Date(Date.now() - 31 * 86_400_000).toISOString();
      const { status, body } = await network.switch.operator.send('POST', '/admin/v1/log/erasures', {
        before,
      });
      assert.deepEqual([status, body], [200, { salts: 1, messages: 1 }]);
      assertRefused(await open(), { code: 'LOG_MESSAGE_UNKNOWN' });
      const { rows } = await pool.query('select salt, hash from log_leaves where ref = $1', [key]);
      assert.deepEqual(rows, [{ salt: null, hash: bytes(opened.leaf) }]);

      const fetchJson = async (path: string) => (await fetch(network.switch.url + path)).json();
      const head = (await fetchJson('/v1/log/sth')) as Head;
      const proof = (await fetchJson(`/v1/log/proofs/inclusion/${opened.index}/${head.size}`)) as {
        leaf: string;
        path: string[];
      };
      assert.equal(proof.leaf, opened.leaf);
      const place = { index: opened.index as number, size: head.size };
      const root = rootFromInclusion(bytes(proof.leaf), proof.path.map(bytes), place);
      assert.equal(Buffer.from(root).toString('base64url'), head.root);
      // What is young is all there.
      const { rows: kept } = await pool.query<{ count: number }>(
        'select count(*)::int as count from log_leaves where salt is null',
      );
      assert.equal(kept[0]?.count, 1);
    } finally {
      await network.stop();
    }
  });
});

function path({ size }: Head): string {
  return `/v1/log/sth/${size}/cosignatures`;
}

/** spec/audit.md 6. */
async function cosign(
  witness: { readonly id: string; readonly key: SigningKey },
  head: Head,
  previous: Head | undefined,
  more: object = {},
): Promise<string> {
  const { key, id } = witness;
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const header = { alg: key.algorithm, kid: key.kid, typ: 'barlink-cosignature+jws' };
  const payload = {
    log: 'barlink-switch',
    size: head.size,
    root: head.root,
    witness: id,
    at: new Date().toISOString(),
    ...(previous === undefined ? {} : { previous: { size: previous.size, root: previous.root } }),
    ...more,
  };
  const signed = `${encode(header)}.${encode(payload)}`;
  return `${signed}.${Buffer.from(await key.sign(Buffer.from(signed))).toString('base64url')}`;
}

/** Waits until every leaf has its place. */
async function isLogged({ switch: { database } }: TestNetwork): Promise<void> {
  for (let tries = 0; tries < 400; tries += 1) {
    const { rows } = await database.pool.query<{ isAll: boolean }>(
      `select (select count(*) from log_leaves) = (select max(size) from log_heads) as "isAll"`,
    );
    if (rows[0]?.isAll === true) {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('leaves wait for 20 s');
}
