import type { NewTransfer, TransferFlag } from '../src/index.ts';

/** A small seeded generator, so that a failing run can be had again. */
export type Dice = (sides: number) => number;

export function createDice(seed: number): Dice {
  let state = seed >>> 0;
  return (sides) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % sides;
  };
}

/** An id made of dice; `number` keeps ids apart and in order. */
export function diceId(number: number): string {
  return `01900000-0000-7000-8000-${number.toString(16).padStart(12, '0')}`;
}

/**
 * Transfers of every kind among a few accounts; ids sometimes repeat, pending ones are ended, chains occur.
 */
export function createTransferSource(
  dice: Dice,
  accountIds: readonly string[],
): (count: number) => NewTransfer[] {
  const pendings: string[] = [];
  const ids: string[] = [];
  let number = 0;

  function next(isLast: boolean): NewTransfer {
    const kind = dice(20);
    number += 1;
    const id = kind === 0 && ids.length > 0 ? (ids[dice(ids.length)] ?? diceId(number)) : diceId(number);
    ids.push(id);
    const linked: TransferFlag[] = dice(12) === 0 && !isLast ? ['linked'] : [];
    if (kind < 7 && pendings.length > 0) return end(id, linked);
    const debit = dice(accountIds.length);
    const isBalancing = dice(15) === 0;
    const isPending = kind < 14;
    if (isPending) pendings.push(id);
    return {
      id,
      debitAccountId: accountIds[debit] ?? '',
      creditAccountId: accountIds[(debit + 1 + dice(accountIds.length - 1)) % accountIds.length] ?? '',
      amount: BigInt(dice(100)),
      ledger: dice(60) === 0 ? 2 : 1,
      code: 1,
      flags: [
        ...linked,
        ...(isPending ? (['pending'] as const) : []),
        ...(isBalancing ? (['balancing_debit'] as const) : []),
      ],
    };
  }

  function end(id: string, linked: TransferFlag[]): NewTransfer {
    // Mostly one of the latest, sometimes one that ended long ago.
    const from = dice(4) === 0 ? 0 : Math.max(0, pendings.length - 5);
    const pendingId = pendings[from + dice(pendings.length - from)] ?? '';
    if (dice(3) === 0) return { id, pendingId, flags: [...linked, 'void_pending_transfer'] };
    const amount = dice(3) === 0 ? { amount: BigInt(dice(100)) } : {};
    return { id, pendingId, ...amount, flags: [...linked, 'post_pending_transfer'] };
  }

  return (count) => Array.from({ length: count }, (_, index) => next(index === count - 1));
}
