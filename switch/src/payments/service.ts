import type { Money, ParticipantId, PaymentId, Reason, WireMerchant } from '@barlink/protocol';
import {
  AuditError,
  type AuditService,
  type KeptAnswer,
  type KeptMessage,
  type WriteMessage,
} from '../audit/index.ts';
import type { CodeService, PresentedCode } from '../codes/index.ts';
import type { Database, GroupCommit, Queryable } from '../database/index.ts';
import type { Notification } from '../notifications/index.ts';
import type { Participant, ParticipantRegistry } from '../participants/index.ts';
import { decideRoute } from '../routing/index.ts';
import type { OpenedToken, PayerCodeClaim, TokenUses } from '../tokens/index.ts';
import { PaymentError } from './errors.ts';
import {
  type JournalItem,
  type JournalParts,
  type JournalResult,
  type Opening,
  toEvent,
  writeBatch,
} from './journal-service.ts';
import { type Concluder, toNotifications } from './outcome-service.ts';
import {
  atFirstOutcome,
  type Decision,
  decide,
  decideRefundable,
  directionOf,
  isParty,
  ledgerCodes,
  type MoneyRoute,
  type Payment,
  type PaymentHistory,
  renderPayment,
  stateOf,
} from './payment.ts';

/** A wallet has scanned a merchant's code. */
export interface MerchantPresented {
  readonly presentment: 'merchant';
  readonly payload: string;
  readonly tokenId: string;
  readonly amount: Money | undefined;
}

/** An acquirer's merchant has scanned a payer's code. */
export interface ConsumerPresented {
  readonly presentment: 'consumer';
  readonly payload: string;
  readonly amount: Money;
  readonly merchant: WireMerchant;
  readonly reference: string | undefined;
}

/** The use cases of payments; every answer is given after the commit it speaks of. */
export interface PaymentService {
  /** Pays. A business no is a payment with state `declined`. @throws what is wrong with code, token, route or amount */
  pay(
    message: WriteMessage,
    sender: Participant,
    request: MerchantPresented | ConsumerPresented,
  ): Promise<KeptAnswer>;
  /** Gives back part or all of a captured purchase. @throws {PaymentError} `REFUND_AMOUNT_EXCEEDED` and others */
  refund(
    message: WriteMessage,
    acquirer: Participant,
    paymentId: PaymentId,
    amount: Money,
  ): Promise<KeptAnswer>;
  /** Undoes a captured purchase while its cycle is open. @throws {PaymentError} `PAYMENT_STATE_CONFLICT` and others */
  reverse(
    message: WriteMessage,
    acquirer: Participant,
    paymentId: PaymentId,
    reason: Reason,
  ): Promise<KeptAnswer>;
  /** @throws {PaymentError} `PAYMENT_ID_UNKNOWN`, also for somebody else's payment */
  get(viewer: ParticipantId | 'operator', paymentId: PaymentId): Promise<PaymentHistory>;
}

export interface PaymentServiceOptions {
  readonly database: Database;
  readonly audit: AuditService;
  readonly codes: CodeService;
  readonly tokens: TokenUses;
  /** Where money between two participants moves; throws when one has no position in the currency. */
  readonly routeMoney: (parties: {
    readonly from: ParticipantId;
    readonly to: ParticipantId;
    readonly currency: string;
  }) => Promise<MoneyRoute>;
  readonly registry: ParticipantRegistry;
  readonly parts: JournalParts;
  readonly journal: GroupCommit<JournalItem, JournalResult>;
  readonly concluder: Concluder;
  readonly deliverSoon: (notifications: readonly Notification[]) => void;
  readonly now: () => Date;
  readonly newId: () => string;
}

/** A payment about to be opened, with what its issuer will be asked with. */
interface Plan {
  readonly opening: Opening;
  readonly issuer: Participant;
  readonly account: string;
}

export function createPaymentService(options: PaymentServiceOptions): PaymentService {
  const { database, audit, tokens, parts, journal, concluder, newId } = options;

  async function get(viewer: ParticipantId | 'operator', paymentId: string): Promise<PaymentHistory> {
    const history = (await parts.store.findHistories(database, [paymentId])).get(paymentId);
    if (history === undefined || (viewer !== 'operator' && !isParty(history.payment, viewer))) {
      throw new PaymentError('PAYMENT_ID_UNKNOWN');
    }
    return history;
  }

  /** The answer to a request that had its effect before: the outcome its sender was, or would have been, told. */
  async function answerEarlier(kept: KeptMessage, viewer: ParticipantId): Promise<KeptAnswer> {
    const outcome = atFirstOutcome(await get(viewer, kept.subject));
    if (outcome === undefined) {
      throw new AuditError('IDEMPOTENCY_IN_PROGRESS');
    }
    return toAnswer(outcome, viewer);
  }

  /** Opens a payment once; a request that is refused today may have been accepted before. */
  async function openOnce(
    message: WriteMessage,
    open: () => Promise<{ readonly plan: Plan; readonly result: JournalResult }>,
  ): Promise<KeptAnswer> {
    const opened = await open().catch(async (refusal: unknown) => {
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
    const history = await concluder.authorize({ payment, events: [] }, plan.issuer, plan.account);
    return toAnswer(atFirstOutcome(history) ?? history, message.sender);
  }

  return {
    get,
    pay: (message, sender, request) =>
      openOnce(message, async () => {
        const plan = await planPurchase(message, sender, request, options);
        return { plan, result: await journal.submit(plan.opening) };
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

async function planPurchase(
  message: WriteMessage,
  sender: Participant,
  request: MerchantPresented | ConsumerPresented,
  options: PaymentServiceOptions,
): Promise<Plan> {
  if (!sender.roles.includes(request.presentment === 'merchant' ? 'wallet' : 'acquirer')) {
    throw new PaymentError('PAYMENT_PRESENTMENT_FORBIDDEN', { path: '/presentment' });
  }
  return request.presentment === 'merchant'
    ? planMerchantPresented(message, request, options)
    : planConsumerPresented(message, sender, request, options);
}

async function planMerchantPresented(
  message: WriteMessage,
  request: MerchantPresented,
  options: PaymentServiceOptions,
): Promise<Plan> {
  const presented = await options.codes.resolve(request.payload);
  const { code } = presented;
  const amount = decideAmount(presented, request.amount);
  const token = await options.tokens.useToken(request.tokenId, { wallet: message.sender, amount });
  const details = {
    kind: 'purchase',
    presentment: 'merchant',
    amount,
    acquirerId: code.acquirerId,
    merchant: code.merchant,
    codeId: code.codeId,
    reference: code.reference,
    originalPaymentId: undefined,
  } as const;
  return plan(
    message,
    { details, token, takesCode: code.mode === 'dynamic', payerCodeUse: undefined },
    options,
  );
}

async function planConsumerPresented(
  message: WriteMessage,
  acquirer: Participant,
  request: ConsumerPresented,
  options: PaymentServiceOptions,
): Promise<Plan> {
  const { amount, merchant, reference } = request;
  const { token, claim } = await options.tokens.usePayerCode(request.payload, { amount });
  const details = {
    kind: 'purchase',
    presentment: 'consumer',
    amount,
    acquirerId: acquirer.id,
    merchant,
    codeId: undefined,
    reference,
    originalPaymentId: undefined,
  } as const;
  return plan(message, { details, token, takesCode: false, payerCodeUse: claim }, options);
}

/** spec/payments.md 4.2. */
function decideAmount({ code }: PresentedCode, asked: Money | undefined): Money {
  const amount = code.amount ?? asked;
  if (amount === undefined) {
    throw new PaymentError('PAYMENT_AMOUNT_MISSING', { path: '/amount' });
  }
  if ((asked ?? amount).currency !== code.currency) {
    throw new PaymentError('PAYMENT_CURRENCY_MISMATCH', { path: '/amount/currency' });
  }
  if (asked !== undefined && asked.minor !== amount.minor) {
    throw new PaymentError('PAYMENT_AMOUNT_MISMATCH', { path: '/amount/minor' });
  }
  return amount;
}

function planRefund(
  message: WriteMessage,
  refund: { readonly original: Payment; readonly amount: Money; readonly token: OpenedToken },
  options: PaymentServiceOptions,
): Promise<Plan> {
  const { original, amount, token } = refund;
  const { presentment, acquirerId, merchant, codeId, reference } = original;
  const details = {
    kind: 'refund',
    presentment,
    amount,
    acquirerId,
    merchant,
    codeId,
    reference,
    originalPaymentId: original.id,
  } as const;
  return plan(message, { details, token, takesCode: false, payerCodeUse: undefined }, options);
}

type Details = Omit<Payment, 'id' | 'createdAt' | 'issuerId' | 'walletId' | 'tokenId' | 'senderId'>;

/** Routes a payment and finds the accounts it moves money between. */
async function plan(
  message: WriteMessage,
  wish: {
    readonly details: Details;
    readonly token: OpenedToken;
    readonly takesCode: boolean;
    readonly payerCodeUse: PayerCodeClaim | undefined;
  },
  options: PaymentServiceOptions,
): Promise<Plan> {
  const { details, token, takesCode, payerCodeUse } = wish;
  const { routeMoney, registry, now, newId } = options;
  const parties = { issuerId: token.issuer, acquirerId: details.acquirerId };
  const { issuer } = decideRoute(parties, (id) => registry.find(id));
  const payment: Payment = {
    ...details,
    id: newId() as PaymentId,
    issuerId: token.issuer,
    walletId: token.wallet,
    tokenId: token.tokenId,
    senderId: message.sender,
    createdAt: now(),
  };
  const route = await routeMoney({ ...directionOf(payment), currency: payment.amount.currency });
  const opening: Opening = { kind: 'opening', message, payment, route, takesCode, payerCodeUse };
  return { opening, issuer, account: token.account };
}

function assertRefundable(original: PaymentHistory, acquirer: Participant, amount: Money): void {
  const { payment } = original;
  if (payment.acquirerId !== acquirer.id) {
    throw new PaymentError('PAYMENT_ID_UNKNOWN');
  }
  if (payment.kind !== 'purchase' || stateOf(original) !== 'captured') {
    throw new PaymentError('PAYMENT_STATE_CONFLICT');
  }
  if (payment.amount.currency !== amount.currency) {
    throw new PaymentError('PAYMENT_CURRENCY_MISMATCH', { path: '/amount/currency' });
  }
}

/** Under the lock of the original payment: the refunds of a payment never exceed it (spec/payments.md 4.5). */
async function openRefund(
  connection: Queryable,
  refund: { readonly plan: Plan; readonly original: PaymentHistory; readonly parts: JournalParts },
): Promise<JournalResult> {
  const { plan: planned, parts } = refund;
  const { id } = refund.original.payment;
  await parts.store.lock(connection, id);
  const original = (await parts.store.findHistories(connection, [id])).get(id);
  if (original === undefined || stateOf(original) !== 'captured') {
    throw new PaymentError('PAYMENT_STATE_CONFLICT');
  }
  const refunds = await parts.store.listRefunds(connection, id);
  if (decideRefundable(original.payment.amount, refunds) < planned.opening.payment.amount.minor) {
    throw new PaymentError('REFUND_AMOUNT_EXCEEDED', { path: '/amount/minor' });
  }
  const [result] = await writeBatch(connection, [planned.opening], parts);
  return result as JournalResult;
}

interface DueReversal {
  readonly history: PaymentHistory;
  readonly decision: Decision;
}

/** spec/payments.md 4.6, under the lock of the payment. */
async function decideReversal(
  connection: Queryable,
  asked: {
    readonly history: PaymentHistory | undefined;
    readonly acquirer: Participant;
    readonly reason: Reason;
    readonly parts: JournalParts;
  },
): Promise<DueReversal> {
  const { history, acquirer, reason, parts } = asked;
  if (history === undefined || history.payment.acquirerId !== acquirer.id) {
    throw new PaymentError('PAYMENT_ID_UNKNOWN');
  }
  const decision = decide(stateOf(history), 'reverse', reason);
  if (decision === undefined || history.payment.kind !== 'purchase') {
    throw new PaymentError('PAYMENT_STATE_CONFLICT');
  }
  const refunds = await parts.store.listRefunds(connection, history.payment.id);
  if (decideRefundable(history.payment.amount, refunds) !== history.payment.amount.minor) {
    throw new PaymentError('REVERSAL_REFUND_EXISTS');
  }
  return { history, decision };
}

/** Moves a captured amount back and stores the event that says so. */
async function turnBack(
  connection: Queryable,
  due: DueReversal,
  options: PaymentServiceOptions,
): Promise<PaymentHistory> {
  const { history, decision } = due;
  const { parts, routeMoney, now, newId } = options;
  const { payment } = history;
  const { from, to } = directionOf(payment);
  const { currency, minor } = payment.amount;
  const route = await routeMoney({ from: to, to: from, currency });
  const transfer = { id: newId(), ...route, amount: minor, code: ledgerCodes.reversal };
  const [made] = await parts.ledger.createTransfers([transfer], connection);
  if (made?.result === 'exceeds_credits') {
    throw new PaymentError('REVERSAL_CAP_EXCEEDED');
  }
  const event = toEvent(history, decision, { at: now(), transferId: transfer.id, evidence: undefined });
  const [isStored] = await parts.store.insertEvents(connection, [{ paymentId: payment.id, event }]);
  if (made?.result !== 'created' || isStored !== true) {
    throw new Error(`reversal of ${payment.id}: ledger ${made?.result}, event stored ${isStored}`);
  }
  return { payment, events: [...history.events, event] };
}

function toAnswer(history: PaymentHistory, viewer: ParticipantId, status = 201): KeptAnswer {
  return { status, body: JSON.stringify(renderPayment(history, viewer)) };
}
