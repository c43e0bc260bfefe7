import type { Money, ParticipantId, PaymentId, WireMerchant } from '@barlink/protocol';
import type { WriteMessage } from '../audit/index.ts';
import type { CodeService, PresentedCode } from '../codes/index.ts';
import type { Participant, ParticipantRegistry } from '../participants/index.ts';
import { decideRoute } from '../routing/index.ts';
import type { OpenedToken, PayerCodeClaim, TokenUseClaim, TokenUses } from '../tokens/index.ts';
import { PaymentError } from './errors.ts';
import type { PayerAccount } from './issuer-service.ts';
import type { Opening } from './journal-service.ts';
import { directionOf, type MoneyRoute, type Payment } from './payment.ts';

/** A wallet has scanned a merchant's code. */
export interface MerchantPresented {
  readonly presentment: 'merchant';
  readonly payload: string;
  readonly tokenId: string;
  readonly amount: Money | undefined;
  readonly cryptogram?: { readonly counter: number; readonly value: string } | undefined;
}

/** An acquirer's merchant has scanned a payer's code. */
export interface ConsumerPresented {
  readonly presentment: 'consumer';
  readonly payload: string;
  readonly amount: Money;
  readonly merchant: WireMerchant;
  readonly reference: string | undefined;
  /** The acquirer's terminal that scanned the code; its merchant's when it has no number. */
  readonly terminalId?: string | undefined;
}

/** A payment about to be opened, with what its issuer will be asked with. */
export interface Plan {
  readonly opening: Opening;
  readonly issuer: Participant;
  readonly payer: PayerAccount;
}

/** What planning asks. */
export interface PlanParts {
  readonly codes: CodeService;
  readonly tokens: TokenUses;
  /** Where money between two participants moves; throws when one has no position in the currency. */
  readonly routeMoney: RouteMoney;
  /** Throws when nothing new may leave a position (spec/guards.md 7). */
  readonly assertOutflow: (position: { participantId: ParticipantId; currency: string }) => void;
  readonly registry: ParticipantRegistry;
  readonly now: () => Date;
  readonly newId: () => string;
}

/** Finds the ledger accounts an amount leaves and reaches. */
export type RouteMoney = (parties: {
  readonly from: ParticipantId;
  readonly to: ParticipantId;
  readonly currency: string;
}) => Promise<MoneyRoute>;

/** Plans what a wallet or an acquirer asks for. @throws what is wrong with code, token, route or amount */
export async function planPurchase(
  message: WriteMessage,
  sender: Participant,
  request: MerchantPresented | ConsumerPresented,
  options: PlanParts,
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
  options: PlanParts,
): Promise<Plan> {
  const presented = await options.codes.resolve(request.payload);
  const { code } = presented;
  const amount = decideAmount(presented, request.amount);
  const token = await options.tokens.useToken(request.tokenId, {
    wallet: message.sender,
    amount,
    payee: toPayee(code.acquirerId, code.merchant),
    payload: request.payload,
    idempotencyKey: message.idempotencyKey,
    cryptogram: request.cryptogram,
  });
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
    { details, token, takesCode: code.uses === 'single', payerCodeUse: undefined },
    options,
  );
}

async function planConsumerPresented(
  message: WriteMessage,
  acquirer: Participant,
  request: ConsumerPresented,
  options: PlanParts,
): Promise<Plan> {
  const { amount, merchant, reference, terminalId = merchant.id } = request;
  const payee = toPayee(acquirer.id, merchant);
  const { token, claim } = await options.tokens.usePayerCode(request.payload, { amount, payee, terminalId });
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

/** Who is paid, as tokens know them. */
export function toPayee(acquirer: ParticipantId, { id: merchantId, category }: WireMerchant) {
  return { acquirer, merchantId, category };
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

/** Plans giving back; the token serves a refund whatever its state. */
export function planRefund(
  message: WriteMessage,
  refund: { readonly original: Payment; readonly amount: Money; readonly token: OpenedToken },
  options: PlanParts,
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
  options: PlanParts,
): Promise<Plan> {
  const { details, token, takesCode, payerCodeUse } = wish;
  const { routeMoney, registry, now, newId } = options;
  const parties = { issuerId: token.issuer, acquirerId: details.acquirerId };
  const { issuer } = decideRoute(parties, (id) => registry.find(id));
  const payment: Payment = {
    id: newId() as PaymentId,
    issuerId: token.issuer,
    walletId: token.wallet,
    tokenId: token.tokenId,
    senderId: message.sender,
    createdAt: now(),
    ...details,
  };
  const { currency } = payment.amount;
  const { from, to } = directionOf(payment);
  options.assertOutflow({ participantId: from, currency });
  const route = await routeMoney({ from, to, currency });
  const opening: Opening = {
    kind: 'opening',
    message,
    payment,
    route,
    takesCode,
    payerCodeUse,
    tokenUse: toTokenUse(payment, token),
  };
  const { account, accountMarking } = token;
  return { opening, issuer, payer: { account, accountMarking } };
}

/** What a purchase takes of its token's limits; a refund takes and gives back nothing. */
function toTokenUse(payment: Payment, { taken }: OpenedToken): TokenUseClaim | undefined {
  const { id: paymentId, kind, tokenId, amount, createdAt: at } = payment;
  return taken === undefined || kind === 'refund'
    ? undefined
    : { paymentId, tokenId, amount, at, counter: taken.counter };
}
