import type { PaymentState } from '@barlink/protocol';
import { decide, decideRefundable, type Finding } from '../../src/payments/payment.ts';
import type { Model, Step } from './model-explore.ts';
import { toHistory } from './model-rules.ts';

/** An acquirer's request to undo, and how far the process that handles it is. */
interface Undoing {
  readonly at: 'unasked' | 'asked' | 'holding' | 'checked' | 'over';
}

/** A captured purchase of 2, refunds of 1, 1 and 2, and a reversal, all wanted at once. */
export interface UndoState {
  readonly purchase: PaymentState;
  readonly refunds: readonly (PaymentState | undefined)[];
  /** One for each refund, the last for the reversal. */
  readonly undoings: readonly Undoing[];
}

/** The rules of undoing: the switch's own functions, and the lock around them. */
export interface UndoRules {
  readonly decide: typeof decide;
  readonly decideRefundable: typeof decideRefundable;
  /** Refunds and reversals of one purchase hold its lock from the check to the commit. */
  readonly holdsLock: boolean;
  /** A refund looks at the state of the purchase again once it has the lock. */
  readonly looksAgain: boolean;
}

/** As they are. */
export const realUndoRules: UndoRules = { decide, decideRefundable, holdsLock: true, looksAgain: true };

const amounts = [1n, 1n, 2n];
const capturedMinor = 2n;
const findings: readonly Finding[] = [
  'approved',
  'declined',
  'not_sent',
  'silent',
  'found_approved',
  'found_declined',
  'found_nothing',
];

/** Every interleaving of refunds and a reversal of one purchase. */
export function undoModel(rules: UndoRules): Model<UndoState> {
  return {
    initial: {
      purchase: 'captured',
      refunds: amounts.map(() => undefined),
      undoings: [...amounts, 0n].map(() => ({ at: 'unasked' })),
    },
    key: ({ purchase, refunds, undoings }) =>
      [purchase, ...refunds.map(String), ...undoings.map(({ at }) => at)].join(' '),
    steps: (state) => [
      ...state.undoings.flatMap((undoing, index) => undoingSteps(state, { undoing, index }, rules)),
      ...state.refunds.flatMap((refund, index) => refundSteps(state, { refund, index }, rules)),
    ],
    wrongIn,
  };
}

/** Takes the lock, looks, and commits or refuses; the process may die, which gives the lock back. */
function undoingSteps(
  state: UndoState,
  { undoing, index }: { readonly undoing: Undoing; readonly index: number },
  rules: UndoRules,
): readonly Step<UndoState>[] {
  const name = index < amounts.length ? `refund ${index + 1}` : 'reversal';
  const to = (at: Undoing['at'], from = state) => ({ ...from, undoings: from.undoings.with(index, { at }) });
  const isLocked = state.undoings.some(({ at }) => at === 'holding' || at === 'checked');
  switch (undoing.at) {
    case 'unasked':
      return state.purchase === 'captured' ? [{ name: `${name} is asked for`, next: to('asked') }] : [];
    case 'asked':
      return isLocked && rules.holdsLock ? [] : [{ name: `${name} takes the lock`, next: to('holding') }];
    case 'holding':
      return [{ name: `${name} looks`, next: to(isAllowed(state, index, rules) ? 'checked' : 'over') }];
    case 'checked':
      return [
        { name: `${name} commits`, next: to('over', commit(state, index, rules)) },
        { name: `${name} dies`, next: to('over') },
      ];
    case 'over':
      return [];
    default:
      return undoing.at satisfies never;
  }
}

function isAllowed({ purchase, refunds }: UndoState, index: number, rules: UndoRules): boolean {
  const stored = refunds.flatMap((state, at) => (state === undefined ? [] : [toRefund(state, at)]));
  const left = rules.decideRefundable({ currency: 'CNY', minor: capturedMinor }, stored);
  const amount = amounts[index];
  if (amount !== undefined) {
    return (purchase === 'captured' || !rules.looksAgain) && left >= amount;
  }
  return rules.decide(purchase, 'reverse', undefined) !== undefined && left === capturedMinor;
}

function commit(state: UndoState, index: number, rules: UndoRules): UndoState {
  if (index < amounts.length) {
    return { ...state, refunds: state.refunds.with(index, 'authorizing') };
  }
  const decision = rules.decide(state.purchase, 'reverse', undefined);
  return { ...state, purchase: decision?.state ?? state.purchase };
}

/** A refund lives like any payment: whatever can be found out about it is found out. */
function refundSteps(
  state: UndoState,
  { refund, index }: { readonly refund: PaymentState | undefined; readonly index: number },
  rules: UndoRules,
): readonly Step<UndoState>[] {
  if (refund === undefined) {
    return [];
  }
  return findings.flatMap((finding) => {
    const decision = rules.decide(refund, finding, undefined);
    if (decision === undefined) {
      return [];
    }
    const next = { ...state, refunds: state.refunds.with(index, decision.state) };
    return [{ name: `refund ${index + 1}: ${finding}`, next }];
  });
}

/** Conservation: what goes back never exceeds what was captured, by whichever way it goes. */
function wrongIn({ purchase, refunds }: UndoState): string | undefined {
  const back = refunds.reduce(
    (sum, state, index) => sum + (state === 'captured' ? (amounts[index] ?? 0n) : 0n),
    0n,
  );
  const total = back + (purchase === 'reversed' ? capturedMinor : 0n);
  return total > capturedMinor ? `${total} of ${capturedMinor} went back` : undefined;
}

function toRefund(state: PaymentState, index: number) {
  const { payment, events } = toHistory(state === 'authorizing' ? [] : [state]);
  return { payment: { ...payment, amount: { currency: 'CNY', minor: amounts[index] ?? 0n } }, events };
}
