import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createLedger } from '@barlink/ledger';
import { findFlaw } from '../support/log-fixture.ts';
import { makeCode, makeToken, startNetwork, type TestNetwork, yuan } from '../support/network.ts';
import { newUuid7 } from '../support/sender.ts';

/** spec/audit.md 2: the record of a row of each table, made from its columns. */
const records: Readonly<
  Record<string, { kind: number; text: string; ref: string; record(row: Row): string }>
> = {
  message: {
    kind: 1,
    text: `select *, (extract(epoch from received_at) * 1000000)::bigint::text as micros from messages`,
    ref: 'idempotency_key',
    record: (row) =>
      `${lines('message', row.sender_id, row.micros, row.subject, row.signature)}\n${row.body}`,
  },
  event: {
    kind: 2,
    text: `select *, (extract(epoch from at) * 1000000)::bigint::text as micros from payment_events`,
    ref: 'payment_id',
    record: (row) =>
      `${lines('event', row.payment_id, row.sequence, row.state, row.reason, row.transfer_id, row.micros, row.evidence_signature)}\n${row.evidence_body ?? ''}`,
  },
  transfer: {
    kind: 3,
    text: 'select * from ledger.transfers',
    ref: 'id',
    record: (row) =>
      lines(
        'transfer',
        row.id,
        row.debit_account_id,
        row.credit_account_id,
        row.amount,
        row.pending_id,
        row.user_data_128,
        row.user_data_64,
        row.user_data_32,
        row.timeout_seconds,
        row.ledger,
        row.code,
        row.flags,
        row.timestamp,
      ),
  },
  expiry: {
    kind: 4,
    text: 'select * from ledger.outcomes where outcome = 1',
    ref: 'pending_id',
    record: (row) => lines('expiry', row.pending_id, row.timestamp),
  },
  answer: {
    kind: 5,
    text: 'select * from answers',
    ref: 'idempotency_key',
    record: (row) => `${lines('answer', row.sender_id, row.idempotency_key, row.status)}\n${row.body}`,
  },
};

type Row = Readonly<Record<string, unknown>>;

function lines(kind: string, ...values: readonly unknown[]): string {
  return [`barlink/log/${kind}/1`, ...values.map((value) => value ?? '-')].join('\n');
}

describe('a leaf of the log', () => {
  let network: TestNetwork;
  before(async () => {
    network = await startNetwork();
    const { acquirer, wallet, bank } = network;
    const { payload } = await makeCode(acquirer);
    const { tokenId } = await makeToken(wallet, bank);
    for (let payment = 0; payment < 3; payment += 1) {
      const request = { presentment: 'merchant', payload, tokenId, amount: yuan(1250 + payment) };
      const { body } = await wallet.send('POST', '/v1/payments', request);
      assert.equal(body.state, 'captured');
      if (payment > 0) {
        const [path, what] =
          payment === 1 ? ['reverse', { reason: 'MERCHANT_REQUESTED' }] : ['refunds', { amount: yuan(5) }];
        const undone = await acquirer.send('POST', `/v1/payments/${body.paymentId}/${path}`, what);
        assert.ok(undone.status < 300, undone.text);
      }
    }
    await expireOne(network);
  });
  after(async () => {
    await network.stop();
    assert.deepEqual(network.switch.faults, []);
  });

  for (const [name, { kind, text, ref, record }] of Object.entries(records)) {
    it(`is made of every ${name}, and commits to all of it (spec/audit.md 2)`, async () => {
      const { pool } = network.switch.database;
      const { rows } = await pool.query<Row>(text);
      const { rows: leaves } = await pool.query<{ ref: string; hash: Buffer; salt: Buffer }>(
        'select ref, hash, salt from log_leaves where kind = $1',
        [kind],
      );
      assert.ok(rows.length > 0);
      assert.equal(leaves.length, rows.length);
      for (const row of rows) {
        const isLogged = leaves
          .filter((leaf) => leaf.ref === row[ref])
          .some(({ hash, salt }) => {
            const made = createHash('sha256').update(Buffer.of(0)).update(salt).update(record(row)).digest();
            return made.equals(hash);
          });
        assert.ok(isLogged, record(row));
      }
    });
  }

  it('has a salt like no other', async () => {
    const { rows } = await network.switch.database.pool.query<{ salts: number; leaves: number }>(
      'select count(distinct salt)::int as salts, count(*)::int as leaves from log_leaves',
    );
    assert.equal(rows[0]?.salts, rows[0]?.leaves);
  });

  it('is in a signed tree head soon after its commit', async () => {
    const { pool } = network.switch.database;
    for (let tries = 0; (await findFlaw(pool)) !== undefined; tries += 1) {
      assert.ok(tries < 100, 'not all leaves are in the tree');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  });
});

/** A pending transfer whose time runs out; the switch releases what such a one reserves. */
async function expireOne({ switch: { database } }: TestNetwork): Promise<void> {
  const ledger = createLedger(database.pool);
  const accounts = [newUuid7(), newUuid7()] as const;
  await ledger.createAccounts(accounts.map((id) => ({ id, ledger: 999, code: 1 })));
  const [debitAccountId, creditAccountId] = accounts;
  const sides = { debitAccountId, creditAccountId, ledger: 999, code: 1 };
  await ledger.createTransfers([
    { id: newUuid7(), ...sides, amount: 5n, flags: ['pending'], timeoutSeconds: 1 },
  ]);
  for (let tries = 0; tries < 400; tries += 1) {
    const { rows } = await database.pool.query('select 1 from ledger.outcomes where outcome = 1');
    if (rows.length > 0) {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('nothing expired in 20 s');
}
