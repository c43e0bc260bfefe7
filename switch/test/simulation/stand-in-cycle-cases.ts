import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { ParticipantId } from '@barlink/protocol';
import type { Queryable } from '../../src/database/index.ts';
import type { Payment } from '../../src/payments/payment.ts';
import type { StandInCase } from './stand-in-cases.ts';
import type { Place } from './stand-in-place.ts';
import { eventOf, idOf, paymentOf, secondsLater } from './stand-in-values.ts';

/** Closes the open cycle, as far as its store goes; gives its number. */
async function cutOff(place: Place): Promise<number> {
  return place.database.transaction(async (connection) => {
    const { id } = await place.cycles.findOpen(connection);
    await place.cycles.lock(connection, id);
    await place.cycles.enter(connection, { cycleId: id, step: 'closing', at: secondsLater(1) });
    await place.cycles.open(connection, { id: id + 1, at: secondsLater(1) });
    return id;
  });
}

async function capture(place: Place, connection: Queryable, payment: ReturnType<typeof paymentOf>) {
  await place.payments.insertPayments(connection, [payment]);
  await place.payments.insertEvents(connection, [{ paymentId: payment.id, event: eventOf(1, 'captured') }]);
}

async function membersOf(place: Place, cycleId: number) {
  const wanted = { cycleId, viewer: 'operator', after: undefined, most: 100 } as const;
  return (await place.cycles.listObligations(place.database, wanted)).map(
    ({ paymentId, debtorId, creditorId, amount }) => [paymentId, debtorId, creditorId, amount],
  );
}

interface NetCase {
  readonly name: string;
  readonly obligations: readonly (readonly [Payment['kind'], string, string, string])[];
  readonly carried: Readonly<Record<string, string>>;
  readonly nets: Readonly<Record<string, readonly [string, string, number]>>;
}

const vectors = new URL('../../../spec/vectors/clearing/net-positions.json', import.meta.url);
const netCases = (JSON.parse(readFileSync(vectors, 'utf8')) as { readonly cases: readonly NetCase[] }).cases;

/** A table of obligations becomes payments, a cycle and its net positions. */
async function netOut(place: Place, { name, obligations, carried }: NetCase) {
  await cutOff(place);
  const { id: cycleId } = await place.cycles.findOpen(place.database);
  for (const [at, [kind, issuer, acquirer, minor]] of obligations.entries()) {
    const change = {
      issuerId: issuer as ParticipantId,
      acquirerId: acquirer as ParticipantId,
      amount: { currency: 'CNY', minor: BigInt(minor) },
      ...(kind === 'refund' ? { originalPaymentId: paymentOf(`${name} 0`).id } : {}),
    };
    await capture(place, place.database, paymentOf(`${name} ${at}`, change));
  }
  const carries = Object.entries(carried).map(([participant, amount]) => ({
    ...carryOf(`${name} ${participant}`, BigInt(amount)),
    participantId: participant as ParticipantId,
  }));
  await place.cycles.insertCarries(place.database, carries);
  await cutOff(place);
  await place.cycles.writeObligations(place.database, cycleId);
  await place.cycles.writeNets(place.database, cycleId);
  const nets = await place.cycles.listNets(place.database, [cycleId], 'operator');
  return Object.fromEntries(
    nets.map(({ participantId, net, carried: taken, obligations: count }) => [
      participantId,
      [net.toString(), taken.toString(), count],
    ]),
  );
}

/** What clearing asks of its tables. */
export const cycleCases: readonly StandInCase[] = [
  ...netCases.map((one) => ({
    name: `net positions: ${one.name}`,
    run: (place: Place) => netOut(place, one),
    expected: one.nets,
  })),
  {
    name: 'a capture is in the cycle that is open, a reversal in that of its capture or not stored',
    run: async (place) => {
      const names = ['y1', 'y2', 'y3', 'y4'];
      const [bought, reversed, late] = names.map((name) => paymentOf(name));
      const refund = paymentOf('y4', { originalPaymentId: paymentOf('y1').id });
      for (const payment of [bought ?? fail(), reversed ?? fail(), late ?? fail(), refund]) {
        await capture(place, place.database, payment);
      }
      const event = { ...eventOf(2, 'reversed'), reason: 'MERCHANT_REQUESTED' as const };
      const reverse = (name: string) =>
        place.payments.insertReversal(place.database, { paymentId: paymentOf(name).id, event });
      const before = await reverse('y2');
      const cycleId = await cutOff(place);
      const after = await reverse('y3');
      await place.database.transaction(async (connection) => {
        await place.cycles.writeObligations(connection, cycleId);
        await place.cycles.writeNets(connection, cycleId);
      });
      const nets = await place.cycles.listNets(place.database, [cycleId], 'operator');
      return {
        before,
        after,
        members: (await membersOf(place, cycleId)).filter(([id]) =>
          names.map((n) => idOf(n)).includes(`${id}`),
        ),
        sum: nets.reduce((sum, { net }) => sum + net, 0n),
        parties: nets.map(({ participantId }) => participantId),
      };
    },
    expected: {
      before: true,
      after: false,
      members: [
        [idOf('y1'), 'issuer', 'acquirer', 100n],
        [idOf('y3'), 'issuer', 'acquirer', 100n],
        [idOf('y4'), 'acquirer', 'issuer', 100n],
      ].sort((one, other) => (`${one[0]}` < `${other[0]}` ? -1 : 1)),
      sum: 0n,
      parties: ['acquirer', 'issuer'],
    },
  },
  {
    name: 'a transaction that stores captures or carries is a writer until it ends',
    run: async (place) => {
      const before = await place.cycles.listWriters(place.database);
      const seen: number[] = [];
      await place.database.transaction(async (connection) => {
        await capture(place, connection, paymentOf('z1'));
        const writers = await place.cycles.listWriters(place.database);
        await cutOff(place);
        await place.cycles.insertCarries(place.database, [carryOf('z2', 5n), carryOf('z3', -5n)]);
        const later = await place.cycles.listWriters(place.database);
        seen.push(writers.length, later.filter((writer) => writers.includes(writer)).length);
      });
      return { before, seen, after: await place.cycles.listWriters(place.database) };
    },
    expected: { before: [], seen: [1, 1], after: [] },
  },
  {
    name: 'the lock of a cycle is held until the end, and a cycle is opened once',
    run: async (place) => {
      let second: Promise<unknown> | undefined;
      const first = await place.database.transaction(async (connection) => {
        const { id } = await place.cycles.findOpen(connection);
        await place.cycles.lock(connection, id);
        second = place.database.transaction(async (other) => {
          await place.cycles.lock(other, id);
          const found = await place.cycles.find(other, id);
          return [
            found?.reached.closing,
            await place.cycles.open(other, { id: id + 1, at: secondsLater(3) }),
          ];
        });
        await pause(30);
        await place.cycles.enter(connection, { cycleId: id, step: 'closing', at: secondsLater(2) });
        const again = { cycleId: id, step: 'closing', at: secondsLater(9) } as const;
        const entered = await place.cycles.enter(connection, again);
        return [entered, await place.cycles.open(connection, { id: id + 1, at: secondsLater(2) })];
      });
      return [first, await second];
    },
    expected: [
      [false, true],
      [secondsLater(2), false],
    ],
  },
];

function carryOf(name: string, amount: bigint) {
  return {
    id: idOf(name),
    fromCycleId: 1,
    participantId: 'issuer' as ParticipantId,
    currency: 'CNY',
    amount,
    at: secondsLater(0),
  };
}

function fail(): never {
  throw new Error('a case names what it did not make');
}
