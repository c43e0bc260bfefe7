import { deepEqual, ok } from 'node:assert/strict';
import fc from 'fast-check';
import type { BookAccount, TransfersState } from '../../src/book.ts';
import { decideTransfers } from '../../src/decide-transfers.ts';
import { parseTransfer } from '../../src/rows.ts';
import { createDice, createTransferSource, diceId } from '../random.ts';

const accountIds = Array.from({ length: 6 }, (_, index) => diceId(0xffff0000 + index));

function openState(): TransfersState {
  const accounts = accountIds.map((id, index): [string, BookAccount] => [
    id,
    {
      id,
      ledger: 1,
      flags: index < 3 ? 2 : index === 4 ? 4 : 0,
      timestamp: 0n,
      closed: false,
      debitsPending: 0n,
      debitsPosted: 0n,
      creditsPending: 0n,
      creditsPosted: 0n,
    },
  ]);
  return {
    accounts: new Map(accounts),
    transfers: new Map(),
    outcomes: new Map(),
    failed: new Set(),
    imported: undefined,
  };
}

describe('deciding transfers', () => {
  it('conserves money, keeps every limit and never goes below zero, whatever is asked', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 120 }), (seed, count) => {
        const rows = createTransferSource(createDice(seed), accountIds)(count).map(parseTransfer);
        const { book } = decideTransfers(openState(), [rows], 1n);
        const accounts = [...book.accounts.values()];
        const sum = (field: 'debitsPending' | 'debitsPosted' | 'creditsPending' | 'creditsPosted') =>
          accounts.reduce((total, account) => total + account[field], 0n);
        deepEqual(sum('debitsPosted'), sum('creditsPosted'));
        deepEqual(sum('debitsPending'), sum('creditsPending'));
        for (const one of accounts) {
          ok(one.debitsPending >= 0n && one.creditsPending >= 0n);
          if ((one.flags & 2) !== 0) ok(one.debitsPending + one.debitsPosted <= one.creditsPosted);
          if ((one.flags & 4) !== 0) ok(one.creditsPending + one.creditsPosted <= one.debitsPosted);
        }
      }),
    );
  });

  it('answers the same when the same is asked again: what was created exists and moves nothing', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const rows = createTransferSource(createDice(seed), accountIds)(40).map(parseTransfer);
        const first = decideTransfers(openState(), [rows], 1n);
        const again = decideTransfers(first.book, [rows], 2n);
        const createdIds = new Set(first.book.created.map((row) => row.id));
        for (const row of again.book.created) ok(!createdIds.has(row.id));
        for (const [index, code] of (first.results[0] ?? []).entries()) {
          const later = again.results[0]?.[index];
          const isLinked = ((rows[index]?.flags ?? 0) & 1) !== 0 || ((rows[index - 1]?.flags ?? 0) & 1) !== 0;
          if (code === 'created' && !isLinked) ok(later === 'exists', `${index}: ${later}`);
        }
      }),
    );
  });

  it('does not let a chain reach from one call into the next', () => {
    const row = (number: number, flags: 'linked'[]) =>
      parseTransfer(
        {
          id: diceId(number),
          debitAccountId: accountIds[3] ?? '',
          creditAccountId: accountIds[5] ?? '',
          amount: 1n,
          ledger: 1,
          code: 1,
          flags,
        },
        0,
      );
    const { results } = decideTransfers(openState(), [[row(1, ['linked'])], [row(2, [])]], 1n);
    deepEqual(results, [['linked_event_chain_open'], ['created']]);
  });
});
