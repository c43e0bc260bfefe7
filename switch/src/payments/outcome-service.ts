import type { Event, ParticipantId } from '@barlink/protocol';
import type { Database, GroupCommit } from '../database/index.ts';
import type { Notification, NotificationService } from '../notifications/index.ts';
import type { Participant, ParticipantRegistry } from '../participants/index.ts';
import { type IssuerFinding, type IssuerLeg, type PayerAccount, toReversal } from './issuer-service.ts';
import { type JournalItem, type JournalResult, toEvent } from './journal-service.ts';
import {
  counterpartyOf,
  type Decision,
  decide,
  type PaymentHistory,
  renderPayment,
  stateOf,
} from './payment.ts';
import type { PaymentStore } from './store.ts';

/** Brings opened payments to their outcome. */
export interface Concluder {
  /** Asks the issuer and, when it stays silent, inquires; resolves with the outcome. */
  authorize(history: PaymentHistory, issuer: Participant, payer: PayerAccount): Promise<PaymentHistory>;
  /** For a payment somebody else left without outcome: inquires, then captures, declines or reverses it. */
  resolve(history: PaymentHistory): Promise<PaymentHistory>;
}

/** Who is told of an outcome: the party that did not ask, or both when the asker's request is long over. */
type Audience = 'counterparty' | 'both';

/** Outcomes through the journal: of two that find one out, one is stored. */
export function createConcluder(options: {
  readonly database: Database;
  readonly store: PaymentStore;
  readonly journal: GroupCommit<JournalItem, JournalResult>;
  readonly notifications: NotificationService;
  readonly issuerLeg: IssuerLeg;
  readonly registry: ParticipantRegistry;
  readonly now: () => Date;
  readonly newId: () => string;
}): Concluder {
  const { database, store, journal, notifications, issuerLeg, registry, now, newId } = options;

  async function learn(
    history: PaymentHistory,
    found: IssuerFinding,
    audience: Audience,
  ): Promise<PaymentHistory> {
    const decision = decide(stateOf(history), found.finding, found.reason);
    if (decision === undefined) {
      return reload(history);
    }
    const event = toEvent(history, decision, { at: now(), transferId: newId(), evidence: found.evidence });
    const next: PaymentHistory = { payment: history.payment, events: [...history.events, event] };
    const told = toNotifications(next, { decision, audience, newId });
    const { result } = await journal.submit({
      kind: 'conclusion',
      history,
      decision,
      event,
      notifications: told,
    });
    if (result === 'overtaken') {
      return reload(history);
    }
    notifications.deliverSoon(told);
    return next;
  }

  async function reload(history: PaymentHistory): Promise<PaymentHistory> {
    const found = await store.findHistories(database, [history.payment.id]);
    return found.get(history.payment.id) ?? history;
  }

  async function inquire(history: PaymentHistory, audience: Audience): Promise<PaymentHistory> {
    const issuer = registry.find(history.payment.issuerId);
    if (issuer === undefined) {
      throw new Error(`the issuer of payment ${history.payment.id} is not in the register`);
    }
    return learn(history, await issuerLeg.inquire(issuer, history.payment), audience);
  }

  return {
    async authorize(history, issuer, payer) {
      const found = await issuerLeg.authorize(issuer, history.payment, payer);
      const learnt = await learn(history, found, 'counterparty');
      return stateOf(learnt) === 'unknown' ? inquire(learnt, 'counterparty') : learnt;
    },
    resolve: (history) => inquire(history, 'both'),
  };
}

/** What participants must hear of a new outcome. */
export function toNotifications(
  history: PaymentHistory,
  told: { readonly decision: Decision; readonly audience: Audience; readonly newId: () => string },
): readonly Notification[] {
  const { payment } = history;
  const { decision, audience, newId } = told;
  if (decision.state === 'unknown') {
    return [];
  }
  const receivers = audience === 'both' ? [payment.acquirerId, payment.walletId] : [counterpartyOf(payment)];
  const events = [...new Set(receivers)].map((id) => toEventNotification(history, id, newId()));
  if (!decision.isReversalDue) {
    return events;
  }
  const reversal = toReversal(payment.id, decision.reason ?? 'ISSUER_TIMEOUT');
  return [
    ...events,
    { id: newId(), participantId: payment.issuerId, kind: 'reversal', body: JSON.stringify(reversal) },
  ];
}

function toEventNotification(
  history: PaymentHistory,
  participantId: ParticipantId,
  id: string,
): Notification {
  const { payment, events } = history;
  const state = stateOf(history);
  if (state === 'authorizing' || state === 'unknown') {
    throw new Error(`payment ${payment.id} has no outcome to tell of`);
  }
  const event: Event = {
    eventId: id,
    type: `${payment.kind === 'refund' ? 'refund' : 'payment'}.${state}`,
    at: (events.at(-1)?.at ?? payment.createdAt).toISOString(),
    payment: renderPayment(history, participantId),
  };
  return { id, participantId, kind: 'event', body: JSON.stringify(event) };
}
