import { createRecent, type ParticipantId, type PaymentId } from '@barlink/protocol';
import { type Beat, createBatchLoader, type Database } from '../database/index.ts';
import { PaymentError } from './errors.ts';
import { isParty, type PaymentHistory, stateOf } from './payment.ts';
import type { PaymentStore } from './store.ts';

/** Look-ups of payments: however many ask, few queries (spec/guards.md 3). */
export interface PaymentLookup {
  /** @throws {PaymentError} `PAYMENT_ID_UNKNOWN`, also for somebody else's payment */
  get(viewer: ParticipantId, paymentId: PaymentId): Promise<PaymentHistory>;
}

const batchMax = 200;
/** Payments whose last word is kept at least. */
const keptLeast = 5000;

/** Look-ups that share their queries with others and wait for the rest of the payments' beat. */
export function createPaymentLookup(options: {
  readonly database: Database;
  readonly store: PaymentStore;
  readonly beat?: Beat | undefined;
}): PaymentLookup {
  const { database, store, beat } = options;
  const kept = createRecent<string, PaymentHistory>(keptLeast);
  const load = createBatchLoader<PaymentId, PaymentHistory>({
    load: (ids) => store.findHistories(database, ids) as Promise<ReadonlyMap<PaymentId, PaymentHistory>>,
    batchMax,
    beat,
  });

  return {
    async get(viewer, paymentId) {
      const history = kept.get(paymentId) ?? (await load(paymentId));
      if (history === undefined || !isParty(history.payment, viewer)) {
        throw new PaymentError('PAYMENT_ID_UNKNOWN');
      }
      if (isLastWord(history)) {
        kept.set(history.payment.id, history);
      }
      return history;
    },
  };
}

/** True when nothing can happen to the payment any more; a captured purchase may still be reversed. */
function isLastWord(history: PaymentHistory): boolean {
  const state = stateOf(history);
  const isCapturedRefund = state === 'captured' && history.payment.kind === 'refund';
  return state === 'declined' || state === 'reversed' || isCapturedRefund;
}
