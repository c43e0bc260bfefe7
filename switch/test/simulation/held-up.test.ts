import assert from 'node:assert/strict';
import type { Ledger } from '@barlink/ledger';
import { formatUuid7, type PaymentId } from '@barlink/protocol';
import type { Database, Queryable } from '../../src/database/index.ts';
import { createGroupCommit, isDatabaseDown } from '../../src/database/index.ts';
import { createNotificationService } from '../../src/notifications/index.ts';
import type { Participant, ParticipantLine } from '../../src/participants/index.ts';
import {
  createBatchWriter,
  createConcluder,
  createIssuerLeg,
  createSweeper,
  type JournalItem,
  type JournalResult,
} from '../../src/payments/index.ts';
import { stateOf } from '../../src/payments/payment.ts';
import type { PaymentStore } from '../../src/payments/store.ts';
import type { PayerCodeClaim } from '../../src/tokens/index.ts';
import { createChance } from './chance.ts';
import { createMemoryDatabase } from './memory-database.ts';
import { createMemoryEngine } from './memory-engine.ts';
import { createMemoryLedger } from './memory-ledger.ts';
import { createMemoryPaymentStore } from './memory-payments.ts';
import {
  createMemoryAuditStore,
  createMemoryClaims,
  createMemoryCodeStore,
  createMemoryOutboxStore,
} from './memory-stores.ts';
import { eventOf, idOf, messageOf, paymentOf, startMs } from './stand-in-values.ts';

const ledgerNumber = 156;

describe('a process that was held up', () => {
  it('opens nothing whose time the sweeper may have passed, and writes nothing of it', async () => {
    const { journal, opening, store, database, clock } = await createBench();
    clock.nowMs = startMs + 5001;
    assert.deepEqual(await journal.submit(opening('late')), { result: 'outdated' });
    assert.equal((await store.findHistories(database, [idOf('late')])).size, 0);
    clock.nowMs = startMs + 5000;
    assert.deepEqual(await journal.submit(opening('late')), { result: 'opened' });
  });

  it('keeps the sweeper from passing what its open transaction may still write', async () => {
    const { sweeper, store, database, clock } = await createBench();
    clock.nowMs = startMs + 60_000;
    await database.transaction(async (connection) => {
      await store.insertPayments(connection, [paymentOf('unseen')]);
      clock.nowMs = startMs + 600_000;
      await sweeper.sweep();
    });
    assert.ok(((await readDecided(store, database)) ?? Number.NaN) < startMs + 60_000);
  });

  it('lets the sweeper pass all that is decided, but what clocks that differ may still bring', async () => {
    const { sweeper, journal, opening, store, database, clock } = await createBench();
    clock.nowMs = startMs + 5000 + 10_000;
    await sweeper.sweep();
    assert.equal(await readDecided(store, database), startMs);
    // A process whose clock is 10 s behind, and which took 5 s to open it.
    clock.nowMs = startMs;
    assert.deepEqual(await journal.submit(opening('brought')), { result: 'opened' });
    clock.nowMs = startMs + 600_000;
    assert.equal(await sweeper.sweep(), 1);
  });

  it('does not keep the sweeper from payments that came late, however long its transaction stays open', async () => {
    const { sweeper, journal, opening, store, database, clock } = await createBench();
    await database.transaction(async (connection) => {
      await store.insertPayments(connection, [paymentOf('held up')]);
      clock.nowMs = startMs + 20_000;
      await sweeper.sweep();
      // By a process whose clock is behind, after its time was looked at.
      clock.nowMs = startMs + 1000;
      assert.deepEqual(await journal.submit(opening('late')), { result: 'opened' });
      clock.nowMs = startMs + 60_000;
      assert.equal(await sweeper.sweep(), 1);
    });
  });

  it('leaves a payment to the next sweep when it overtakes the inquiry without an outcome', async () => {
    const { sweeper, journal, opening, store, database, clock, line } = await createBench();
    await journal.submit(opening('slow'));
    clock.nowMs = startMs + 600_000;
    line.beforeAnswer = async () => {
      line.beforeAnswer = async () => undefined;
      await store.insertEvents(database, [
        { paymentId: idOf('slow') as PaymentId, event: eventOf(1, 'unknown') },
      ]);
    };
    assert.equal(await sweeper.sweep(), 0, 'the payment has no outcome yet');
    const decided = await readDecided(store, database);
    assert.equal(decided, startMs + 600_000 - 15_000, 'its time is not looked at again because of it');
    assert.equal(await sweeper.sweep(), 0, 'it was asked after a moment ago');
    clock.nowMs += 2000;
    assert.equal(await sweeper.sweep(), 1);
    const found = (await store.findHistories(database, [idOf('slow')])).get(idOf('slow'));
    assert.equal(found === undefined ? undefined : stateOf(found), 'reversed');
  });
});

describe('a batch of the journal', () => {
  it('is committed right behind the ledger, so that no account stays locked while the process is held up', async () => {
    const { journal, opening, sent } = await createBench();
    sent.length = 0;
    assert.deepEqual(await journal.submit(opening('swift')), { result: 'opened' });
    assert.deepEqual(sent.slice(-3), ['payments insert', 'ledger all transfers', 'commit']);
  });

  it('is not committed when a statement of it could not be sent', async () => {
    const { journal, opening, sent, store, ledger, database } = await createBench();
    sent.length = 0;
    const insert = store.insertPayments;
    Object.assign(store, { insertPayments: () => Promise.reject(new TypeError('no text for a column')) });
    await assert.rejects(journal.submit(opening('unsent')), TypeError);
    assert.ok(!sent.includes('commit'));
    Object.assign(store, { insertPayments: insert });
    assert.equal((await store.findHistories(database, [idOf('unsent')])).size, 0);
    assert.deepEqual(await ledger.lookupTransfers([idOf('unsent')]), []);
    assert.deepEqual(await journal.submit(opening('unsent')), { result: 'opened' });
  });

  it('is written with care when a message in it was repeated, and the others are opened', async () => {
    const { journal, opening, sent } = await createBench();
    await journal.submit(opening('first'));
    sent.length = 0;
    const results = await Promise.all(['first', 'second'].map((name) => journal.submit(opening(name))));
    assert.deepEqual(results, [{ result: 'known' }, { result: 'opened' }]);
    assert.deepEqual(
      sent.filter((what) => what.endsWith('messages record')),
      ['all messages record', 'messages record'],
    );
  });

  it('is written with care for a while after the ledger could not take it whole', async () => {
    const { journal, opening, sent } = await createBench({ mayOwe: false });
    for (const name of ['over its cap', 'again']) {
      const { result } = await journal.submit(opening(name));
      assert.equal(result, 'declined');
    }
    const swift = sent.filter((what) => what === 'ledger all transfers');
    assert.deepEqual([swift.length, sent.filter((what) => what === 'commit').length], [1, 2]);
  });

  it('gets the more care the more often it is needed, and none when it is not any more', async () => {
    const { journal, opening, sent, ledger } = await createBench({ mayOwe: false });
    let submitted = 0;
    /** Which of so many batches were tried without care first. */
    const listSwift = async (count: number) => {
      const swift: number[] = [];
      for (let at = 0; at < count; at += 1) {
        sent.length = 0;
        submitted += 1;
        await journal.submit(opening(`payment ${submitted}`));
        if (sent.includes('ledger all transfers')) swift.push(at);
      }
      return swift;
    };
    assert.deepEqual(await listSwift(12), [0, 2, 5, 10]);
    await ledger.createTransfers([
      { id: idOf('funds'), ...fundsRoute, amount: 1_000_000n, ledger: ledgerNumber, code: 1 },
    ]);
    assert.deepEqual(await listSwift(12), [7, 8, 9, 10, 11]);
  });
});

/** Up to when every payment has an outcome or is listed. */
async function readDecided(store: PaymentStore, database: Database): Promise<number | undefined> {
  const marks = await database.transaction((connection) => store.takeMarks(connection));
  return marks?.decidedBefore.getTime();
}

/** The real services around one payment, on a clock that the test sets. */
async function createBench(options: { readonly mayOwe: boolean } = { mayOwe: true }) {
  const clock = { nowMs: startMs };
  const now = () => new Date(clock.nowMs);
  const chance = createChance(1);
  const newId = () => formatUuid7(clock.nowMs, chance.bytes(10));
  const engine = createMemoryEngine({ now });
  const sent: string[] = [];
  const out = async (what: string) => void sent.push(what);
  const back = async () => undefined;
  const { database } = createMemoryDatabase({ engine, connectionsMax: 4, wire: { out, back } });
  const ledger = createMemoryLedger(database) as Ledger;
  const store = createMemoryPaymentStore();
  const line = { beforeAnswer: async () => undefined as unknown };
  const notifications = createNotificationService({
    ...{ database, now },
    store: createMemoryOutboxStore(),
    send: () => Promise.reject(new Error('nobody delivers here')),
    onError: () => undefined,
    repeat: never,
  });
  const parts = {
    ...{ store, ledger, notifications, now },
    audit: createMemoryAuditStore(),
    codes: createMemoryCodeStore(),
    tokens: {
      claimPayerCodes: async (connection: Queryable, claims: readonly PayerCodeClaim[]) =>
        createMemoryClaims().claim(connection, claims, new Date(0)),
      changeTokenUses: async () => [],
    },
  };
  const journal = createGroupCommit<JournalItem, JournalResult>({
    commit: createBatchWriter({ database, parts }),
    batchMax: 10,
    isLost: isDatabaseDown,
  });
  const client: ParticipantLine = {
    async post(_, path) {
      await line.beforeAnswer();
      const value = { paymentId: path.split('/')[2], outcome: 'not_found' };
      return { status: 200, value, body: JSON.stringify(value), signature: 'signed' };
    },
  };
  const issuerLeg = createIssuerLeg({ client, issuerDeadlineMs: 1, inquiryDeadlineMs: 1, now });
  const registry = { find: () => ({ id: 'issuer' }) as Participant } as never;
  const concluder = createConcluder({
    ...{ database, store, journal, notifications, issuerLeg, registry, now, newId },
  });
  const onError = (error: unknown) => assert.fail(String(error));
  const work = { database, store, concluder, now, onError };
  const sweeper = createSweeper({ ...work, sweepAfterMs: 12_000, repeat: never });
  const opening = await prepareOpening(ledger, options);
  return { clock, database, store, ledger, journal, sweeper, line, sent, opening };
}

/** Rounds are run by the tests themselves. */
const never = () => () => undefined;

/** Pays the account in that may not owe. */
const fundsRoute = { debitAccountId: idOf('credit'), creditAccountId: idOf('debit') };

const limited = { flags: ['debits_must_not_exceed_credits' as const] };

/** A payment to open, between two accounts. */
async function prepareOpening(ledger: Ledger, { mayOwe }: { readonly mayOwe: boolean }) {
  const route = { debitAccountId: idOf('debit'), creditAccountId: idOf('credit'), ledger: ledgerNumber };
  await ledger.createAccounts([
    { id: route.debitAccountId, ledger: ledgerNumber, code: 1, ...(mayOwe ? {} : limited) },
    { id: route.creditAccountId, ledger: ledgerNumber, code: 1 },
  ]);
  return (name: string): JournalItem => ({
    kind: 'opening',
    message: messageOf(name, name),
    payment: paymentOf(name),
    route,
    takesCode: false,
    payerCodeUse: undefined,
    tokenUse: undefined,
  });
}
