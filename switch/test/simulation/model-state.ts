import type { PaymentState } from '@barlink/protocol';
import type { Finding, PaymentEvent } from '../../src/payments/payment.ts';

/** The issuer's word about the payment, as it travels in an answer. */
export type IssuerWord = 'approved' | 'declined' | 'reversed' | 'not_found';

/** A process at work on the payment: what it holds in memory is gone when it dies. */
export type Worker =
  | { readonly at: 'idle' }
  /** Has read the request, made an id and a plan; nothing is stored. */
  | { readonly at: 'planned'; readonly attempt: number; readonly isOld: boolean }
  | { readonly at: 'opened'; readonly seen: number }
  | { readonly at: 'asking'; readonly seen: number; readonly reply: IssuerWord | undefined }
  | { readonly at: 'inquiring'; readonly seen: number; readonly reply: IssuerWord | undefined }
  /** Knows something that is not stored yet. */
  | {
      readonly at: 'learnt';
      readonly seen: number;
      readonly finding: Finding;
      readonly round: 'authorize' | 'inquire';
    }
  /** Owes the outbox a reversal: only a broken journal has this state. */
  | { readonly at: 'owing'; readonly seen: number }
  /** About to answer with the history as it knows it. */
  | { readonly at: 'answering'; readonly seen: number };

/** One payment and everyone who has to do with it. */
export interface ModelState {
  /** Requests the sender has sent; each stays deliverable, any number of times. */
  readonly sent: number;
  /** The attempt whose message is recorded; 0 when none is. */
  readonly recorded: number;
  /** Payments that were opened for the one wish of the sender. */
  readonly openings: number;
  readonly events: readonly PaymentEvent['state'][];
  readonly reservation: 'none' | 'pending' | 'posted' | 'voided';
  readonly isTurnedBack: boolean;
  readonly reversal: 'none' | 'waiting' | 'acknowledged';
  /** Outcomes written to the outbox for the other party. */
  readonly told: string;
  /** The sweeper looks only at payments younger than its watermark. */
  readonly isBelowWatermark: boolean;
  /** Two processes may handle the request at once. */
  readonly handlers: readonly [Worker, Worker];
  readonly sweeper: Worker;
  readonly isAuthorizationSent: boolean;
  readonly kept: Exclude<IssuerWord, 'not_found'> | undefined;
  readonly isBooked: boolean;
  /** The issuer has seen the reversal at least once. */
  readonly isReversalSeen: boolean;
  readonly isReverseAsked: boolean;
  /** Outcomes the sender was told. */
  readonly answers: string;
  /** What the ledger refused although it may not refuse it. */
  readonly fault: string;
}

/** Nothing has happened. */
export const initialState: ModelState = {
  sent: 0,
  recorded: 0,
  openings: 0,
  events: [],
  reservation: 'none',
  isTurnedBack: false,
  reversal: 'none',
  told: '',
  isBelowWatermark: false,
  handlers: [{ at: 'idle' }, { at: 'idle' }],
  sweeper: { at: 'idle' },
  isAuthorizationSent: false,
  kept: undefined,
  isBooked: false,
  isReversalSeen: false,
  isReverseAsked: false,
  answers: '',
  fault: '',
};

/** Equal states, and those that differ only in which process does what, have equal keys. */
export function keyOf(state: ModelState): string {
  const [one, other] = state.handlers.map(keyOfWorker).sort();
  return [
    state.sent,
    state.recorded,
    state.openings,
    state.events.map(letterOf).join(''),
    state.reservation.slice(0, 2),
    state.isTurnedBack ? 'b' : '',
    state.reversal[0],
    state.told,
    state.isBelowWatermark ? 'w' : '',
    one,
    other,
    keyOfWorker(state.sweeper),
    state.isAuthorizationSent ? 'a' : '',
    state.kept?.[0] ?? '',
    state.isBooked ? 'b' : '',
    state.isReversalSeen ? 's' : '',
    state.isReverseAsked ? 'r' : '',
    state.answers,
    state.fault,
  ].join('|');
}

function keyOfWorker(worker: Worker): string {
  switch (worker.at) {
    case 'idle':
      return '-';
    case 'planned':
      return `p${worker.attempt}${worker.isOld ? 'o' : ''}`;
    case 'asking':
    case 'inquiring':
      return `${worker.at}${worker.seen}${worker.reply ?? ''}`;
    case 'learnt':
      return `l${worker.seen}${worker.finding}${worker.round}`;
    default:
      return `${worker.at}${worker.seen}`;
  }
}

/** A state as one letter, for sets of outcomes: c, d, r, u, a. */
export function letterOf(state: PaymentState): string {
  return state.charAt(0);
}

/** Adds a letter to a set of letters. */
export function withLetter(letters: string, letter: string): string {
  return [...new Set([...letters, letter])].sort().join('');
}
