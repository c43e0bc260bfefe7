import { setTimeout as pause } from 'node:timers/promises';
import type { Queryable } from '../../src/database/index.ts';
import type { Place } from './stand-in-place.ts';
import {
  codeOf,
  eventOf,
  idOf,
  messageOf,
  notificationOf,
  paymentOf,
  secondsLater,
  startMs,
} from './stand-in-values.ts';

/** What a store promises: a run on any place gives what is expected. Each run uses ids of its own. */
export interface StandInCase {
  readonly name: string;
  run(place: Place): Promise<unknown>;
  readonly expected: unknown;
}

const record = (place: Place, connection: Queryable, ...messages: ReturnType<typeof messageOf>[]) =>
  place.audit.record(
    connection,
    messages.map((message) => ({ message, subject: `subject of ${message.jti}` })),
  );

/** An instant by which the payments of the sweeper's cases are ordered. */
const sweptAt = (seconds: number) => startMs + 86_400_000 + seconds * 1000;

const boom = new Error('rolled back on purpose');

/** Runs work in a transaction and takes it back. */
async function undone(place: Place, work: (connection: Queryable) => Promise<unknown>): Promise<void> {
  await place.database
    .transaction(async (connection) => {
      await work(connection);
      throw boom;
    })
    .catch((error: unknown) => {
      if (error !== boom) {
        throw error;
      }
    });
}

const messages: readonly StandInCase[] = [
  {
    name: 'a key and a jti are new once, also within a batch, and it is known whose they were',
    run: async (place) => {
      const first = await record(place, place.database, messageOf('a', 'j1'), messageOf('a', 'j2'));
      const mixed = await record(
        place,
        place.database,
        messageOf('a', 'j3'),
        messageOf('b', 'j3'),
        messageOf('c', 'j1'),
        messageOf('c', 'j4'),
        messageOf('c', 'j4'),
      );
      const kept = await place.audit.findByKey(place.database, 'wallet', idOf('b'));
      return { first, mixed, subject: kept?.subject };
    },
    expected: {
      first: [true, false],
      mixed: [false, true, false, true, false],
      subject: 'subject of j3',
    },
  },
  {
    name: 'messages are recorded if all of them are new, else none is',
    run: async (place) => {
      const entriesOf = (...names: [string, string][]) =>
        names.map(([key, jti]) => ({ message: messageOf(key, jti), subject: 'all' }));
      const recordAll = (...names: [string, string][]) =>
        place.database
          .transaction((connection) => place.audit.recordAll(connection, entriesOf(...names)))
          .catch(({ code }: { code: string }) => code);
      return [
        await recordAll(['aa', 'ja'], ['ab', 'jb']),
        await recordAll(['ac', 'jc'], ['aa', 'jd']),
        await recordAll(['ad', 'je'], ['ae', 'je']),
        await recordAll(['ac', 'jc'], ['ad', 'je']),
      ];
    },
    expected: [undefined, '23505', '23505', undefined],
  },
  {
    name: 'what a transaction recorded is gone with it',
    run: async (place) => {
      await undone(place, (connection) => record(place, connection, messageOf('d', 'j5')));
      return record(place, place.database, messageOf('d', 'j5'));
    },
    expected: [true],
  },
  {
    name: 'a message that is being recorded is waited for, and its answer is kept with it',
    run: async (place) => {
      let second: Promise<readonly boolean[]> | undefined;
      let isAnswered = false;
      await place.database.transaction(async (connection) => {
        await record(place, connection, messageOf('e', 'j6'));
        second = record(place, place.database, messageOf('e', 'j7'));
        void second.then(() => {
          isAnswered = true;
        });
        await pause(30);
        const answer = { status: 200, body: '{}' };
        await place.audit.keepAnswer(connection, messageOf('e', 'j6'), answer);
        if (isAnswered) {
          throw new Error('answered before the commit');
        }
      });
      const result = await second;
      const kept = await place.audit.findByKey(place.database, 'wallet', idOf('e'));
      return { result, answer: kept?.answer, jti: kept?.jti };
    },
    expected: { result: [false], answer: { status: 200, body: '{}' }, jti: 'j6' },
  },
];

const events: readonly StandInCase[] = [
  {
    name: 'events enter if all their sequences are free, else none does',
    run: async (place) => {
      await place.payments.insertPayments(place.database, [paymentOf('q1'), paymentOf('q2')]);
      const insertAll = (...events: [string, number][]) =>
        place.database
          .transaction((connection) =>
            place.payments.insertAllEvents(
              connection,
              events.map(([name, sequence]) => ({
                paymentId: paymentOf(name).id,
                event: eventOf(sequence, 'unknown'),
              })),
            ),
          )
          .catch(({ code }: { code: string }) => code);
      return [
        await insertAll(['q1', 1]),
        await insertAll(['q2', 1], ['q1', 1]),
        await insertAll(['q2', 1], ['q2', 1]),
        await insertAll(['q2', 1], ['q1', 2]),
      ];
    },
    expected: [undefined, '23505', '23505', undefined],
  },
  {
    name: 'an event enters at a free sequence; of two in one batch the first does',
    run: async (place) => {
      const names = ['p1', 'p2', 'p3', 'p4', 'p5', 'p6', 'p7', 'p8'];
      await place.payments.insertPayments(
        place.database,
        names.map((name) => paymentOf(name)),
      );
      const entries = names.flatMap((name) => [
        { paymentId: paymentOf(name).id, event: eventOf(1, 'captured') },
        { paymentId: paymentOf(name).id, event: eventOf(1, 'reversed') },
      ]);
      const stored = await place.payments.insertEvents(place.database, entries.reverse());
      const again = await place.payments.insertEvents(place.database, [entries[0] ?? fail()]);
      const histories = await place.payments.findHistories(
        place.database,
        names.map((name) => idOf(name)),
      );
      const states = [...histories.values()].map(({ events: [event] }) => event?.state);
      return { stored, again, states: [...new Set(states)], histories: histories.size };
    },
    expected: {
      stored: Array.from({ length: 8 }, () => [true, false]).flat(),
      again: [false],
      states: ['reversed'],
      histories: 8,
    },
  },
  {
    name: 'histories come whole, refunds by their purchase',
    run: async (place) => {
      const purchase = paymentOf('h1');
      const refund = paymentOf('h2', { originalPaymentId: purchase.id, reference: 'R' });
      await place.payments.insertPayments(place.database, [purchase, refund]);
      await place.payments.insertEvents(place.database, [
        { paymentId: purchase.id, event: eventOf(1, 'unknown') },
      ]);
      await place.payments.insertEvents(place.database, [
        { paymentId: purchase.id, event: eventOf(2, 'captured') },
      ]);
      const found = await place.payments.findHistories(place.database, [purchase.id, idOf('nobody')]);
      return {
        found: [...found.values()],
        refunds: await place.payments.listRefunds(place.database, purchase.id),
      };
    },
    expected: {
      found: [{ payment: paymentOf('h1'), events: [eventOf(1, 'unknown'), eventOf(2, 'captured')] }],
      refunds: [
        { payment: paymentOf('h2', { originalPaymentId: paymentOf('h1').id, reference: 'R' }), events: [] },
      ],
    },
  },
  {
    name: 'the undecided of a range are listed once, taken by who waited longest, and leave the list',
    run: async (place) => {
      const named = [1, 2, 3, 4].map((second) => {
        const id = idOf(`u${second}`, sweptAt(second)) as ReturnType<typeof paymentOf>['id'];
        return paymentOf(`u${second}`, { id });
      });
      await place.payments.insertPayments(place.database, named);
      const entry = (index: number, state: 'captured' | 'unknown') => ({
        paymentId: (named[index] ?? fail()).id,
        event: eventOf(1, state),
      });
      await place.payments.insertEvents(place.database, [entry(1, 'captured'), entry(2, 'unknown')]);
      const range = { from: idOf('', sweptAt(0)), before: idOf('', sweptAt(4)) };
      await place.payments.noteUndecided(place.database, range);
      await place.payments.noteUndecided(place.database, range);
      const take = async (now: number, untakenSince: number, most: number) => {
        const times = { now: secondsLater(now), untakenSince: secondsLater(untakenSince) };
        const taken = await place.payments.takeUndecided(place.database, { ...times, most });
        return taken.map(({ payment, events }) => [payment.id, events.length]);
      };
      const rounds = [await take(10, 8, 1), await take(11, 9, 9), await take(12, 10, 9)];
      await place.payments.removeUndecided(place.database, [(named[0] ?? fail()).id]);
      return [...rounds, await take(20, 18, 9)];
    },
    expected: [
      [[idOf('u1', sweptAt(1)), 0]],
      [[idOf('u3', sweptAt(3)), 1]],
      [[idOf('u1', sweptAt(1)), 0]],
      [[idOf('u3', sweptAt(3)), 1]],
    ],
  },
  {
    name: 'marks only rise, and are given to one transaction at a time',
    run: async ({ database, payments }) => {
      const raise = (decided: number, looked: number) => {
        const marks = { decidedBefore: secondsLater(decided), lookedBefore: secondsLater(looked) };
        return payments.raiseMarks(database, marks);
      };
      await raise(10, 20);
      await raise(15, 5);
      return database.transaction(async (connection) => {
        const marks = await payments.takeMarks(connection);
        return [marks, await database.transaction((other) => payments.takeMarks(other))];
      });
    },
    expected: [{ decidedBefore: secondsLater(15), lookedBefore: secondsLater(20) }, undefined],
  },
  {
    name: 'a transaction that writes is seen by its age, and no longer when it ended',
    run: async (place) => {
      const before = await place.payments.findOldestWrite(place.database);
      let during: Date | undefined;
      await undone(place, async (connection) => {
        await place.payments.insertPayments(connection, [paymentOf('w1')]);
        during = await place.payments.findOldestWrite(place.database);
      });
      const ageMs = Date.now() - (during?.getTime() ?? 0);
      const after = await place.payments.findOldestWrite(place.database);
      return { before, isRecent: Math.abs(ageMs) < 10_000, after };
    },
    expected: { before: undefined, isRecent: true, after: undefined },
  },
  {
    name: 'the lock of a payment is held until the end, and what was committed meanwhile is seen after it',
    run: async (place) => {
      const { id } = paymentOf('l1');
      await place.payments.insertPayments(place.database, [paymentOf('l1')]);
      const look = async (connection: Queryable) => {
        await place.payments.lock(connection, id);
        return (await place.payments.findHistories(connection, [id])).get(id)?.events.length;
      };
      let second: Promise<number | undefined> | undefined;
      const first = await place.database.transaction(async (connection) => {
        const seen = await look(connection);
        second = place.database.transaction(look);
        await pause(30);
        await place.payments.insertEvents(connection, [{ paymentId: id, event: eventOf(1, 'captured') }]);
        return seen;
      });
      return [first, await second];
    },
    expected: [0, 1],
  },
  {
    name: 'two that lock each other out both get through, one of them on a later try',
    run: async (place) => {
      const ids = ['x1', 'x2'].map((name) => paymentOf(name).id);
      await place.payments.insertPayments(
        place.database,
        ['x1', 'x2'].map((name) => paymentOf(name)),
      );
      let tries = 0;
      const cross = (order: typeof ids) =>
        place.database.transaction(async (connection) => {
          tries += 1;
          for (const id of order) {
            await place.payments.lock(connection, id);
            await pause(30);
          }
        });
      await Promise.all([cross(ids), cross([...ids].reverse())]);
      // Three as a rule; a busy server may notice the lock on both sides at once.
      return tries >= 3;
    },
    expected: true,
  },
];

const outbox: readonly StandInCase[] = [
  {
    name: 'what is due is taken once, postponed by its tries, and removed',
    run: async (place) => {
      const entries = ['n1', 'n2', 'n3'].map(notificationOf);
      const times = { now: secondsLater(0), firstPollAt: secondsLater(5) };
      await place.outbox.insert(place.database, entries, times);
      const take = async (at: number) => {
        const options = { now: secondsLater(at), until: secondsLater(at + 5), most: 10 };
        return (await place.outbox.take(place.database, options)).map(({ id, attempts }) => [id, attempts]);
      };
      const early = await take(4);
      const due = await take(5);
      const taken = await take(6);
      const failed = entries.slice(0, 1).map((entry) => ({ ...entry, attempts: 1 }));
      await place.outbox.postpone(place.database, failed, secondsLater(6));
      await place.outbox.remove(place.database, [idOf('n2'), idOf('gone')]);
      const later = await take(8);
      return { early, due, taken, later, count: await place.outbox.count(place.database) };
    },
    expected: {
      early: [],
      due: ['n1', 'n2', 'n3'].map((name) => [idOf(name), 0]).sort(),
      taken: [],
      later: [[idOf('n1'), 1]],
      count: 2,
    },
  },
];

const claims: readonly StandInCase[] = [
  {
    name: 'a dynamic code is taken by one payment until it is released',
    run: async (place) => {
      const codeId = '0123456789ABCDEF';
      await place.codes.insertCode(place.database, codeOf(codeId));
      const claim = (...names: string[]) =>
        place.codes.claim(
          place.database,
          names.map((name) => ({ codeId: codeOf(codeId).codeId, paymentId: idOf(name) })),
        );
      const first = await claim('c1');
      const second = await claim('c2');
      await place.codes.release(place.database, [idOf('c1'), idOf('never')]);
      const third = await claim('c3');
      const found = await place.codes.findCodes(place.database, [codeId, 'FFFFFFFFFFFFFFFF']);
      return { first, second, third, found: [...found.values()] };
    },
    expected: { first: [true], second: [false], third: [true], found: [codeOf('0123456789ABCDEF')] },
  },
  {
    name: 'a payer code is used once, also within a batch, unless its payment is taken back',
    run: async (place) => {
      const use = (slot: number) => ({
        tokenId: paymentOf('any').tokenId,
        networkNumber: '0001',
        handle: '123456',
        step: 7,
        slot,
      });
      await undone(place, (connection) => place.claims.claim(connection, [use(1)], longAgo));
      const batch = await place.claims.claim(place.database, [use(2), use(1), use(2)], longAgo);
      return [batch, await place.claims.claim(place.database, [use(1), use(3)], longAgo)];
    },
    expected: [
      [true, true, false],
      [false, true],
    ],
  },
];

/** Cases of the stores; those of the ledger are beside them. */
/** No token of these cases was ever locked. */
const longAgo = new Date(0);

export const storeCases: readonly StandInCase[] = [...messages, ...events, ...outbox, ...claims];

function fail(): never {
  throw new Error('a case names what it did not make');
}
