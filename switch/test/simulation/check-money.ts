import type { ParticipantId } from '@barlink/protocol';
import type { Payment } from '../../src/payments/payment.ts';
import type { Ended } from './check-payments.ts';
import type { History } from './history.ts';
import type { TransferRow } from './memory-ledger.ts';

/** A ledger account, added up anew from the transfers. */
interface Sums {
  pending: bigint;
  debits: bigint;
  credits: bigint;
}

/** The ledger, added up by nobody but this check, says the same as the payments. */
export function checkMoney({ history }: Ended): readonly string[] {
  const { accounts, wrong } = addUp(history);
  return [
    ...wrong,
    ...[...history.payments.values()].flatMap((payment) => checkTransfers(payment, history)),
    ...checkPositions(history, accounts),
    ...checkRefunds(history),
  ];
}

/** Goes through all transfers in order; at no time may a position owe more than its cap. */
function addUp(history: History): { accounts: ReadonlyMap<string, Sums>; wrong: readonly string[] } {
  const accounts = new Map<string, Sums>();
  const limited = new Set(history.positions.map(({ positionAccountId }) => positionAccountId));
  const byId = new Map(history.transfers.map((transfer) => [transfer.id, transfer]));
  const wrong: string[] = [];
  const of = (id: string) => {
    const sums = accounts.get(id) ?? { pending: 0n, debits: 0n, credits: 0n };
    accounts.set(id, sums);
    return sums;
  };
  for (const transfer of history.transfers) {
    const pending = transfer.pendingId === undefined ? undefined : byId.get(transfer.pendingId);
    const debit = of(transfer.debitAccountId);
    if (transfer.flags.includes('pending')) {
      debit.pending += transfer.amount;
    } else if (transfer.flags.includes('void_pending_transfer')) {
      debit.pending -= pending?.amount ?? 0n;
    } else {
      debit.pending -= pending?.amount ?? 0n;
      debit.debits += transfer.amount;
      of(transfer.creditAccountId).credits += transfer.amount;
    }
    if (limited.has(transfer.debitAccountId) && debit.pending + debit.debits > debit.credits) {
      wrong.push(`transfer ${transfer.id} goes over the net debit cap`);
    }
  }
  return { accounts, wrong };
}

/** One reservation, ended once; turned back once when a captured payment was reversed. */
function checkTransfers(payment: Payment, history: History): readonly string[] {
  const { id } = payment;
  const states = history.eventsOf(id).map(({ state }) => state);
  const own = history.transfers.filter(
    (transfer) => transfer.id === id || transfer.pendingId === id || isTurnedBack(transfer, payment, history),
  );
  const shape = own.map(({ flags, code }) => flags[0] ?? (code === 11 ? 'turned back' : 'plain')).join(', ');
  const due: Readonly<Record<string, readonly string[]>> = {
    captured: ['pending, post_pending_transfer'],
    declined: ['', 'pending, void_pending_transfer'],
    reversed: [
      states.includes('captured')
        ? 'pending, post_pending_transfer, turned back'
        : 'pending, void_pending_transfer',
    ],
  };
  const last = states.at(-1) ?? '';
  const isRight =
    due[last]?.includes(shape) === true && own.every(({ amount }) => amount === payment.amount.minor);
  return isRight ? [] : [`payment ${id} is ${last} and its transfers are ${shape || 'none'}`];
}

function isTurnedBack(transfer: TransferRow, payment: Payment, history: History): boolean {
  return history
    .eventsOf(payment.id)
    .some(({ transferId }) => transferId === transfer.id && transfer.code === 11);
}

/** Net positions are what was captured between participants less what was settled: nothing, in the end. */
function checkPositions(history: History, accounts: ReadonlyMap<string, Sums>): readonly string[] {
  const due = new Map<ParticipantId, bigint>();
  for (const { id, kind, issuerId, acquirerId, amount } of history.payments.values()) {
    if (history.eventsOf(id).at(-1)?.state === 'captured' && issuerId !== acquirerId) {
      const [from, to] = kind === 'purchase' ? [issuerId, acquirerId] : [acquirerId, issuerId];
      due.set(from, (due.get(from) ?? 0n) - amount.minor);
      due.set(to, (due.get(to) ?? 0n) + amount.minor);
    }
  }
  for (const { row } of history.clearing.instructions) {
    const isSettled = history.clearing.words.some(
      (word) => word.row.instructionId === row.id && word.row.state === 'settled',
    );
    if (isSettled) {
      const moved = row.direction === 'pay_in' ? row.amount : -row.amount;
      due.set(row.participantId, (due.get(row.participantId) ?? 0n) + moved);
    }
  }
  const unsettled = [...due].filter(([, net]) => net !== 0n).map(([id, net]) => `${id} is left with ${net}`);
  let sum = 0n;
  const wrong = history.positions.flatMap(({ participantId, positionAccountId, capAccountId }) => {
    const { pending, debits, credits } = accounts.get(positionAccountId) ?? {
      pending: 0n,
      debits: 0n,
      credits: 0n,
    };
    const net = credits - debits - (accounts.get(capAccountId)?.debits ?? 0n);
    sum += net;
    return [
      ...(net === (due.get(participantId) ?? 0n)
        ? []
        : [`${participantId} stands at ${net}, not ${due.get(participantId)}`]),
      ...(pending === 0n ? [] : [`${participantId} has ${pending} reserved for nothing`]),
    ];
  });
  return [...unsettled, ...wrong, ...(sum === 0n ? [] : [`net positions sum to ${sum}`])];
}

/** What went back of a purchase, by refunds or by a reversal, is at most what was captured. */
function checkRefunds(history: History): readonly string[] {
  const back = new Map<string, bigint>();
  for (const { id, originalPaymentId, amount } of history.payments.values()) {
    if (originalPaymentId !== undefined && history.eventsOf(id).at(-1)?.state === 'captured') {
      back.set(originalPaymentId, (back.get(originalPaymentId) ?? 0n) + amount.minor);
    }
  }
  return [...back].flatMap(([id, minor]) => {
    const purchase = history.payments.get(id as Payment['id']);
    const isCaptured = purchase !== undefined && history.eventsOf(purchase.id).at(-1)?.state === 'captured';
    return isCaptured && minor <= purchase.amount.minor ? [] : [`${minor} went back of payment ${id}`];
  });
}
