import type { Transfer } from '@barlink/ledger';
import {
  isUuid7,
  type Money,
  type ParticipantId,
  type PaymentId,
  ProtocolError,
  type Reason,
} from '@barlink/protocol';
import {
  AuditError,
  type AuditService,
  type KeptAnswer,
  type KeptMessage,
  type WriteMessage,
} from '../audit/index.ts';
import type { Database, GroupCommit } from '../database/index.ts';
import type { Notification } from '../notifications/index.ts';
import type { Participant } from '../participants/index.ts';
import type { RefusalReason } from '../tokens/index.ts';
import { PaymentError } from './errors.ts';
import type { JournalItem, JournalParts, JournalResult } from './journal-service.ts';
import { type Concluder, toNotifications } from './outcome-service.ts';
import { atFirstOutcome, isParty, type PaymentHistory, renderPayment } from './payment.ts';
import {
  type ConsumerPresented,
  type MerchantPresented,
  type Plan,
  type PlanParts,
  planPurchase,
  planRefund,
  toPayee,
} from './plan-service.ts';
import { assertRefundable, decideReversal, openRefund, turnBack } from './undo-service.ts';

/** The use cases of payments; every answer is given after the commit it speaks of. */
export interface PaymentService {
  /**
   * Pays. A business no is a payment with state `declined`.
   *
   * @throws what is wrong with code, token, route or amount
   */
  pay(
    message: WriteMessage,
    sender: Participant,
    request: MerchantPresented | ConsumerPresented,
  ): Promise<KeptAnswer>;
  /**
   * Gives back part or all of a captured purchase.
   *
   * @throws {PaymentError} `REFUND_AMOUNT_EXCEEDED` and others
   */
  refund(
    message: WriteMessage,
    acquirer: Participant,
    paymentId: PaymentId,
    amount: Money,
  ): Promise<KeptAnswer>;
  /**
   * Undoes a captured purchase while its cycle is open.
   *
   * @throws {PaymentError} `PAYMENT_STATE_CONFLICT` and others
   */
  reverse(
    message: WriteMessage,
    acquirer: Participant,
    paymentId: PaymentId,
    reason: Reason,
  ): Promise<KeptAnswer>;
  /** @throws {PaymentError} `PAYMENT_ID_UNKNOWN`, also for somebody else's payment */
  get(viewer: ParticipantId | 'operator', paymentId: PaymentId): Promise<PaymentHistory>;
  /** The issuer's signed answers about a payment, for its parties and the operator; none for anybody else. */
  listWords(id: string, viewer: ParticipantId | 'operator'): Promise<readonly IssuerWord[]>;
  /** A payment with its ledger transfers, for the operator. @throws {PaymentError} `PAYMENT_ID_UNKNOWN` */
  trace(paymentId: PaymentId): Promise<PaymentTrace>;
}

/** All that the operator sees of a payment, but for the messages. */
export interface PaymentTrace {
  readonly history: PaymentHistory;
  /** Of the account that pays or gets back. */
  readonly accountMarking: string;
  readonly transfers: readonly Transfer[];
}

/** An issuer's signed answer that an outcome rests on. */
export interface IssuerWord {
  readonly sender: ParticipantId;
  readonly signature: string;
  readonly body: string;
  readonly receivedAt: Date;
}

/** What the use cases work with. */
export interface PaymentServiceOptions extends PlanParts {
  readonly database: Database;
  readonly audit: AuditService;
  readonly parts: JournalParts;
  readonly journal: GroupCommit<JournalItem, JournalResult>;
  readonly concluder: Concluder;
  readonly deliverSoon: (notifications: readonly Notification[]) => void;
}

/** How long a sender waits for its answer (spec/payments.md 3). */
const senderDeadlineMs = 10_000;

/** Payments over the journal and the issuers. */
export function createPaymentService(options: PaymentServiceOptions): PaymentService {
  const { database, audit, tokens, parts, journal, concluder, now, newId } = options;

  async function get(viewer: ParticipantId | 'operator', paymentId: string): Promise<PaymentHistory> {
    const history = (await parts.store.findHistories(database, [paymentId])).get(paymentId);
    if (history === undefined || (viewer !== 'operator' && !isParty(history.payment, viewer))) {
      throw new PaymentError('PAYMENT_ID_UNKNOWN');
    }
    return history;
  }

  /**
   * The answer to a request that had its effect before: the outcome its sender was, or would have been, told.
   */
  async function answerEarlier(kept: KeptMessage, viewer: ParticipantId): Promise<KeptAnswer> {
    const outcome = atFirstOutcome(await get(viewer, kept.subject));
    if (outcome === undefined) {
      throw new AuditError('IDEMPOTENCY_IN_PROGRESS');
    }
    return toAnswer(outcome, viewer);
  }

  /**
   * Held up too long between plan and commit, a payment is planned anew, with an id of the new time; a
   * request whose sender waits no longer opens nothing.
   */
  async function openInTime({ receivedAt }: WriteMessage, open: () => Promise<Opened>): Promise<Opened> {
    while (now().getTime() - receivedAt.getTime() <= senderDeadlineMs) {
      const opened = await open();
      if (opened.result.result !== 'outdated') {
        return opened;
      }
    }
    // Nothing was written and nothing is wrong with the request: it may be sent again.
    throw new AuditError('IDEMPOTENCY_IN_PROGRESS');
  }

  /** Opens a payment once; a request that is refused today may have been accepted before. */
  async function openOnce(message: WriteMessage, open: () => Promise<Opened>): Promise<KeptAnswer> {
    const opened = await openInTime(message, open).catch(async (refusal: unknown) => {
      if (!(refusal instanceof ProtocolError)) {
        // Broken, not refused: what is found now could be this request's own record, whose commit was not
        // heard of.
        throw refusal;
      }
      const kept = await audit.findEarlier(message);
      if (kept === undefined) {
        throw refusal;
      }
      return kept;
    });
    if (!('plan' in opened)) {
      return answerEarlier(opened, message.sender);
    }
    const { plan, result } = opened;
    const { payment } = plan.opening;
    if (result.result === 'known') {
      const kept = await audit.findEarlier(message);
      if (kept === undefined) {
        // The key is new, so the jti is not.
        throw new AuditError('SIGNATURE_REPLAYED');
      }
      return answerEarlier(kept, message.sender);
    }
    if (result.result === 'declined') {
      return toAnswer({ payment, events: [result.event] }, message.sender);
    }
    const history = await concluder.authorize({ payment, events: [] }, plan.issuer, plan.payer);
    return toAnswer(atFirstOutcome(history) ?? history, message.sender);
  }

  /** A token that did not let a payment may have let the same request before. */
  async function refuse({ opening }: Plan, reason: RefusalReason): Promise<JournalResult> {
    const { message, payment, tokenUse } = opening;
    if (tokenUse === undefined || (await audit.findEarlier(message)) !== undefined) {
      return { result: 'known' };
    }
    const { senderId: sender, presentment, acquirerId, merchant } = payment;
    throw tokens.refuse(reason, {
      claim: tokenUse,
      sender,
      presentment,
      payee: toPayee(acquirerId, merchant),
    });
  }

  return {
    get,
    async listWords(id, viewer) {
      const history = isUuid7(id) ? (await parts.store.findHistories(database, [id])).get(id) : undefined;
      const isEntitled = history !== undefined && (viewer === 'operator' || isParty(history.payment, viewer));
      return isEntitled
        ? history.events.flatMap(({ evidence, at }) =>
            evidence === undefined ? [] : [{ ...evidence, sender: history.payment.issuerId, receivedAt: at }],
          )
        : [];
    },
    async trace(paymentId) {
      const history = await get('operator', paymentId);
      const final = history.events.flatMap(({ transferId }) =>
        transferId === undefined ? [] : [transferId],
      );
      return {
        history,
        accountMarking: await tokens.getAccountMarking(history.payment.tokenId),
        transfers: await parts.ledger.lookupTransfers([paymentId, ...final]),
      };
    },
    pay: (message, sender, request) =>
      openOnce(message, async () => {
        const plan = await planPurchase(message, sender, request, options);
        const result = await journal.submit(plan.opening);
        return { plan, result: result.result === 'refused' ? await refuse(plan, result.reason) : result };
      }),
    refund: (message, acquirer, paymentId, amount) =>
      openOnce(message, async () => {
        const original = await get(acquirer.id, paymentId);
        assertRefundable(original, acquirer, amount);
        const token = await tokens.openToken(original.payment.tokenId);
        const plan = await planRefund(message, { original: original.payment, amount, token }, options);
        const result = await database.transaction((connection) =>
          openRefund(connection, { plan, original, parts }),
        );
        return { plan, result };
      }),
    async reverse(message, acquirer, paymentId, reason) {
      let told: readonly Notification[] = [];
      const answer = await audit.once(message, paymentId, async (connection) => {
        await parts.store.lock(connection, paymentId);
        const history = (await parts.store.findHistories(connection, [paymentId])).get(paymentId);
        const decision = await decideReversal(connection, { history, acquirer, reason, parts });
        const reversed = await turnBack(connection, decision, options);
        told = toNotifications(reversed, { decision: decision.decision, audience: 'both', newId });
        await parts.notifications.write(connection, told);
        return toAnswer(reversed, acquirer.id, 200);
      });
      options.deliverSoon(told);
      return answer;
    },
  };
}

/** A payment about to be opened, and what the journal said. */
interface Opened {
  readonly plan: Plan;
  readonly result: JournalResult;
}

function toAnswer(history: PaymentHistory, viewer: ParticipantId, status = 201): KeptAnswer {
  return { status, body: JSON.stringify(renderPayment(history, viewer)) };
}
