import { ParticipantSilence } from '../../src/participants/index.ts';
import type { SimulationOptions } from './simulate.ts';
import type { Pieces, Sabotage } from './switch-process.ts';

/** A bug planted into the switch or an issuer; some seed must bring it to light. */
export interface SimMutation {
  readonly name: string;
  readonly planted: Pick<SimulationOptions, 'sabotage' | 'issuerSabotage' | 'agentSabotage' | 'fixed'>;
}

/** Bugs that reviewers would overlook, one each. */
export const simMutations: readonly SimMutation[] = [
  planted('a key may be used twice', (pieces) => ({
    ...pieces,
    audit: {
      ...pieces.audit,
      record: async (...of) => (await pieces.audit.record(...of)).map(() => true),
      recordAll: async (...of) => void (await pieces.audit.record(...of)),
    },
  })),
  planted('an event that came too late counts as stored', (pieces) =>
    withPayments(pieces, {
      insertEvents: async (...of) => (await pieces.payments.insertEvents(...of)).map(() => true),
      insertAllEvents: async (...of) => void (await pieces.payments.insertEvents(...of)),
    }),
  ),
  planted('the event is stored outside the transaction of its money', (pieces, { database }) =>
    withPayments(pieces, {
      insertEvents: (_, entries) => pieces.payments.insertEvents(database, entries),
      insertAllEvents: (_, entries) => pieces.payments.insertAllEvents(database, entries),
    }),
  ),
  planted('the money moves outside the transaction of its event', (pieces) => ({
    ...pieces,
    ledger: {
      ...pieces.ledger,
      createTransfers: (rows) => pieces.ledger.createTransfers(rows),
      createAllTransfers: async (rows) => void (await pieces.ledger.createTransfers(rows)),
    },
  })),
  planted('a reservation over the cap counts as made', (pieces) => ({
    ...pieces,
    ledger: {
      ...pieces.ledger,
      createTransfers: async (...of) =>
        (await pieces.ledger.createTransfers(...of)).map(({ id }) => ({ id, result: 'created' as const })),
      createAllTransfers: async (...of) => void (await pieces.ledger.createTransfers(...of)),
    },
  })),
  planted('an issuer that does not answer in time counts as not asked', (pieces) => ({
    ...pieces,
    line: {
      post: (...of) =>
        pieces.line.post(...of).catch((error: unknown) => {
          throw error instanceof ParticipantSilence ? new ParticipantSilence('not_sent') : error;
        }),
    },
  })),
  planted('what an inquiry does not find counts as declined', (pieces) => ({
    ...pieces,
    line: {
      async post(...of) {
        const word = await pieces.line.post(...of);
        const value = word.value as { outcome?: string };
        return value.outcome === 'not_found' ? { ...word, value: { ...value, outcome: 'declined' } } : word;
      },
    },
  })),
  planted('notifications are written after the commit', (pieces, { database, life }) => ({
    ...pieces,
    outbox: {
      ...pieces.outbox,
      insert: async (_, ...of) => {
        life.after(3, 'late insert', () => void pieces.outbox.insert(database, ...of).catch(() => undefined));
      },
    },
  })),
  planted('a delivery that failed is not tried again', (pieces) => ({
    ...pieces,
    outbox: {
      ...pieces.outbox,
      postpone: (database, failed) =>
        pieces.outbox.remove(
          database,
          failed.map(({ id }) => id),
        ),
    },
  })),
  planted('a notification is gone once it is taken', (pieces) => ({
    ...pieces,
    outbox: {
      ...pieces.outbox,
      async take(database, options) {
        const taken = await pieces.outbox.take(database, options);
        await pieces.outbox.remove(
          database,
          taken.map(({ id }) => id),
        );
        return taken;
      },
    },
  })),
  planted('a dynamic code is always free', (pieces) => ({
    ...pieces,
    codeStore: { ...pieces.codeStore, claim: async (_, claims) => claims.map(() => true) },
  })),
  planted('a payer code is always unused', (pieces) => ({
    ...pieces,
    tokens: { ...pieces.tokens, claimPayerCodes: async (_, claims) => claims.map(() => true) },
  })),
  planted('the lock of a payment locks nothing', (pieces) =>
    withPayments(pieces, { lock: async () => undefined }),
  ),
  planted('refunds made before are not counted', (pieces) =>
    withPayments(pieces, { listRefunds: async () => [] }),
  ),
  {
    name: 'a payment may be opened behind the sweeper',
    planted: {
      sabotage: (pieces) => ({
        ...withPayments(pieces, { findOldestWrite: async () => undefined }),
        journalNow: () => new Date(0),
      }),
      // It takes a process that stands still at the wrong place for long and is then killed.
      fixed: { pause: 0.01 },
    },
  },
  {
    name: 'an issuer forgets reversals of what it has not seen',
    planted: { issuerSabotage: { forgetsReversals: true } },
  },
];

function planted(name: string, sabotage: Sabotage): SimMutation {
  return { name, planted: { sabotage } };
}

function withPayments(pieces: Pieces, change: Partial<Pieces['payments']>): Pieces {
  return { ...pieces, payments: { ...pieces.payments, ...change } };
}
