import type { Ledger } from '@barlink/ledger';
import type { SimMutation } from './sim-mutations.ts';
import type { Pieces, Sabotage } from './switch-process.ts';

/** Bugs of clearing and settlement that reviewers would overlook, one each. */
export const clearingMutations: readonly SimMutation[] = [
  planted('a cycle closes without waiting for those who still write into it', (pieces) =>
    withCycles(pieces, { listWriters: async () => [] }),
  ),
  planted('the lock of a cycle locks nothing', (pieces) =>
    withCycles(pieces, { lock: async () => undefined }),
  ),
  planted('a reversal does not look whether the cycle of its payment is open', (pieces) => ({
    ...pieces,
    payments: {
      ...pieces.payments,
      insertReversal: async (connection, entry) =>
        (await pieces.payments.insertEvents(connection, [entry]))[0] === true,
    },
  })),
  planted('obligations are written outside the transaction that closes their cycle', (pieces, { database }) =>
    withCycles(pieces, {
      writeObligations: (_, cycleId) => pieces.cycles.writeObligations(database, cycleId),
    }),
  ),
  planted('what is left unsettled is forgotten', (pieces) =>
    withCycles(pieces, { insertCarries: async () => undefined }),
  ),
  planted('a debt is carried over without the claims it leaves unpaid', (pieces) =>
    withCycles(pieces, {
      insertCarries: (connection, carries) =>
        pieces.cycles.insertCarries(
          connection,
          carries.filter(({ amount }) => amount < 0n),
        ),
    }),
  ),
  planted('creditors are paid before the debtors have paid', (pieces) => ({
    ...pieces,
    settlement: {
      ...pieces.settlement,
      listInstructions: async (...of) =>
        (await pieces.settlement.listInstructions(...of)).map((one) => {
          const event = {
            state: 'settled',
            reason: undefined,
            reference: undefined,
            evidence: undefined,
          } as const;
          return one.direction === 'pay_in' ? { ...one, events: [{ ...event, at: one.createdAt }] } : one;
        }),
    },
  })),
  planted('a word is judged without what was said before', (pieces) => ({
    ...pieces,
    settlement: {
      ...pieces.settlement,
      insertEvent: async (...of) => (await pieces.settlement.insertEvent(...of)) || true,
      findInstruction: async (...of) => {
        const found = await pieces.settlement.findInstruction(...of);
        return found === undefined ? undefined : { ...found, events: [] };
      },
    },
  })),
  planted('settled money moves outside the transaction that keeps the agent’s word', (pieces) =>
    withLedger(pieces, { createTransfers: (rows) => pieces.settlementLedger.createTransfers(rows) }),
  ),
  planted('what is paid out is not what could be set aside', (pieces) =>
    withLedger(pieces, {
      lookupTransfers: async (...of) =>
        (await pieces.settlementLedger.lookupTransfers(...of)).map((one) => ({
          ...one,
          amount: one.amount + 1n,
        })),
    }),
  ),
  planted('a claim that is about to be paid out can be spent again', (pieces) =>
    withLedger(pieces, {
      createTransfers: (rows, within) =>
        pieces.settlementLedger.createTransfers(
          rows.map((row) => (row.flags?.includes('balancing_debit') ? { ...row, amount: 0n } : row)),
          within,
        ),
    }),
  ),
  planted('an inquiry’s answer is taken for another instruction', (pieces) => ({
    ...pieces,
    line: {
      async post(participant, path, ...rest) {
        const word = await pieces.line.post(participant, path, ...rest);
        const isInquiry = path.startsWith('/settlement-instructions/');
        const value = word.value as { outcome?: string };
        return isInquiry && value.outcome === 'accepted'
          ? { ...word, value: { ...value, outcome: 'settled' } }
          : word;
      },
    },
  })),
  {
    name: 'the settlement agent takes an instruction that comes again for a new one',
    planted: { agentSabotage: { forgetsInstructions: true } },
  },
];

function planted(name: string, sabotage: Sabotage): SimMutation {
  return { name, planted: { sabotage } };
}

function withCycles(pieces: Pieces, change: Partial<Pieces['cycles']>): Pieces {
  return { ...pieces, cycles: { ...pieces.cycles, ...change } };
}

function withLedger(pieces: Pieces, change: Partial<Ledger>): Pieces {
  return { ...pieces, settlementLedger: { ...pieces.settlementLedger, ...change } };
}
