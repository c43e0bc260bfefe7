import assert from 'node:assert/strict';
import { createTestDatabase, type TestDatabase } from '@barlink/testing';
import type pg from 'pg';
import { createCycleCloser, createCycleStore } from '../../src/clearing/index.ts';
import { type Database, openDatabase } from '../../src/database/index.ts';
import { newId } from '../../src/new-id.ts';
import { createPaymentStore } from '../../src/payments/index.ts';
import { eventOf, paymentOf } from '../simulation/stand-in-values.ts';
import { switchMigrations } from '../support/start-switch.ts';

// spec/clearing.md 2.2
describe('closing a cycle', () => {
  let test: TestDatabase;
  let database: Database;
  const store = createCycleStore();
  const payments = createPaymentStore();
  const silent = { write: async () => undefined, deliverSoon: () => undefined };
  before(async () => {
    test = await createTestDatabase({ migrations: switchMigrations });
    database = openDatabase({ url: test.url, connections: 8, onError: () => undefined });
    await database.query(`insert into participants
        (participant_id, name, number, roles, url, state, created_at)
      select id, id, number, array['issuer', 'acquirer'], 'http://127.0.0.1:1', 'active', now()
      from (values ('acquirer', '000001'), ('issuer', '000002')) as one (id, number)`);
  });
  after(async () => {
    await database.close();
    await test.drop();
  });

  const createCloser = () =>
    createCycleCloser({ database, store, notifications: silent, now: () => new Date(), newId });

  async function capture(connection: pg.PoolClient | Database, name: string): Promise<void> {
    const payment = paymentOf(name);
    await payments.insertPayments(connection, [payment]);
    await payments.insertEvents(connection, [{ paymentId: payment.id, event: eventOf(1, 'captured') }]);
  }

  async function membersOf(cycleId: number): Promise<readonly string[]> {
    const page = { cycleId, viewer: 'operator', after: undefined, most: 100 } as const;
    return (await store.listObligations(database, page)).map(({ paymentId }) => paymentId);
  }

  it('waits for captures that had read its number, and stops none that comes later', async () => {
    const closer = createCloser();
    const early = await database.pool.connect();
    await early.query('begin');
    await capture(early, 'early');
    await database.transaction((connection) => closer.cutOff(connection, 1));
    // Neither waits for the transaction that is still open, nor for the closing.
    await capture(database, 'late');
    await closer.round();
    assert.equal((await store.find(database, 1))?.reached.closed, undefined, 'closed too early');
    await early.query('commit');
    early.release();
    await closer.round();
    assert.deepEqual(await membersOf(1), [paymentOf('early').id]);
    await database.transaction((connection) => closer.cutOff(connection, 2));
    await closer.round();
    assert.deepEqual(await membersOf(2), [paymentOf('late').id]);
  });

  it('counts a capture whose statement began before the cut-off and came to its lock after it', async () => {
    const closer = createCloser();
    const payment = paymentOf('contended');
    await payments.insertPayments(database, [payment]);
    const first = await database.pool.connect();
    await first.query('begin');
    const entry = { paymentId: payment.id, event: eventOf(1, 'captured') };
    await payments.insertEvents(first, [entry]);
    // Its snapshot is taken; now it waits for the key.
    const second = payments.insertEvents(database, [entry]);
    await new Promise((resolve) => setTimeout(resolve, 100));
    await database.transaction((connection) => closer.cutOff(connection, 3));
    await first.query('rollback');
    first.release();
    assert.deepEqual(await second, [true]);
    await closer.round();
    assert.deepEqual(await membersOf(3), [payment.id]);
  });

  it('is done by one of several processes, and lets none write it twice', async () => {
    await capture(database, 'shared');
    const closers = [createCloser(), createCloser(), createCloser()];
    const cut = await Promise.allSettled(
      closers.map((closer) => database.transaction((connection) => closer.cutOff(connection, 4))),
    );
    assert.equal(cut.filter(({ status }) => status === 'fulfilled').length, 1);
    await Promise.all(closers.map((closer) => closer.round()));
    assert.deepEqual(await membersOf(4), [paymentOf('shared').id]);
  });

  it('leaves nothing that can be changed', async () => {
    for (const table of [
      'clearing_cycles',
      'clearing_cycle_events',
      'obligations',
      'net_positions',
      'carries',
    ]) {
      for (const sql of [`delete from ${table}`, `truncate ${table} cascade`]) {
        await assert.rejects(database.query(sql), { code: '23001' });
      }
    }
  });

  it('follows a schedule once per cut-off', async () => {
    const clock = { now: new Date('2030-01-01T08:00:00Z') };
    const closer = createCycleCloser({
      ...{ database, store, notifications: silent, newId },
      now: () => clock.now,
    });
    await store.insertSchedule(database, { timeZone: 'Asia/Shanghai', cutOffs: ['16:30'] }, clock.now);
    await closer.round();
    const { id } = await store.findOpen(database);
    clock.now = new Date('2030-01-01T08:30:00Z');
    await Promise.all([closer.round(), closer.round()]);
    await closer.round();
    assert.equal((await store.findOpen(database)).id, id + 1);
  });
});
