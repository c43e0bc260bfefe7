import type { AssuranceMethod, AuthorizationAnswer, Money, Presentment, Reason } from '@barlink/protocol';
import type { IssuerBook } from './books.ts';
import type { ReceiverContext, Routes } from './receiver.ts';
import { decodeMerchant, type Merchant } from './resources.ts';
import type { Members } from './shape.ts';

/** May this wallet pay from this account? */
export interface TokenApproval {
  readonly tokenId: string;
  readonly wallet: string;
  /** Stands for the wallet; the same on all its tokens. */
  readonly requestorId: string;
  readonly account: string;
  /** The same on all tokens of the account, in every wallet. */
  readonly accountMarking: string;
}

/** An issuer's word on a new token; `pending` keeps it from being used until `approveToken`. */
export type ApprovalDecision =
  | { readonly outcome: 'approved'; readonly assuranceMethod?: AssuranceMethod }
  | { readonly outcome: 'pending' }
  | { readonly outcome: 'declined'; readonly reason: Reason };

/** Take this amount from the account (purchase), or give it back (refund), now. */
export interface Authorization {
  readonly paymentId: string;
  readonly kind: 'purchase' | 'refund';
  readonly presentment: Presentment;
  readonly account: string;
  /** The same on all tokens of the account, in every wallet. */
  readonly accountMarking: string;
  readonly amount: Money;
  readonly acquirer: string;
  readonly merchant: Merchant;
  readonly originalPaymentId?: string;
  /** After this instant the switch no longer waits. */
  readonly deadline: Date;
}

/** Undo what you did for this payment. */
export interface Reversal {
  readonly paymentId: string;
  readonly reason: Reason;
}

/** An issuer's yes or no. */
export type Decision =
  | { readonly outcome: 'approved'; readonly issuerReference?: string }
  | { readonly outcome: 'declined'; readonly reason: Reason };

/** What an issuer does about the switch's questions. */
export interface IssuerHandlers {
  /** Declined with `ISSUER_DECLINED` when absent. */
  readonly onTokenApproval?: (
    approval: TokenApproval,
    context: ReceiverContext,
  ) => ApprovalDecision | Promise<ApprovalDecision>;
  /** Called once per payment as long as the book is kept. An error thrown here leaves the outcome unknown. */
  readonly onAuthorization: (
    authorization: Authorization,
    context: ReceiverContext,
  ) => Decision | Promise<Decision>;
  /** Asked when the book does not know the payment; by default the answer is `not_found`. */
  readonly onInquiry?: (
    paymentId: string,
    context: ReceiverContext,
  ) => AuthorizationAnswer | undefined | Promise<AuthorizationAnswer | undefined>;
  /** Called once, only for a payment that had been approved. */
  readonly onReversal: (reversal: Reversal, context: ReceiverContext) => void | Promise<void>;
}

/** The routes of an issuer's receiver: spec/messages.md 5. */
export function issuerRoutes(handlers: IssuerHandlers, book: IssuerBook): Routes {
  const inTurn = createTurns();
  return {
    '/token-approvals': async (message, context) => {
      const approval = decodeTokenApproval(message);
      return (await handlers.onTokenApproval?.(approval, context)) ?? refused;
    },
    '/authorizations': (message, context) => {
      const authorization = decodeAuthorization(message);
      return inTurn(authorization.paymentId, () => authorize(handlers, book, { authorization, context }));
    },
    '/authorizations/*/inquiry': (_message, context, paymentId) =>
      inTurn(paymentId, async () => {
        const known = (await book.find(paymentId)) ?? (await handlers.onInquiry?.(paymentId, context));
        return known ?? { paymentId, outcome: 'not_found' };
      }),
    '/reversals': (message, context) => {
      const reversal = decodeReversal(message);
      return inTurn(reversal.paymentId, () => reverse(handlers, book, { reversal, context }));
    },
  };
}

const refused: Decision = { outcome: 'declined', reason: 'ISSUER_DECLINED' };

async function authorize(
  handlers: IssuerHandlers,
  book: IssuerBook,
  { authorization, context }: { authorization: Authorization; context: ReceiverContext },
): Promise<AuthorizationAnswer> {
  const { paymentId } = authorization;
  const known = await book.find(paymentId);
  if (known !== undefined) {
    return known;
  }
  const decision = await handlers.onAuthorization(authorization, context);
  return book.keep({ paymentId, ...decision });
}

async function reverse(
  handlers: IssuerHandlers,
  book: IssuerBook,
  { reversal, context }: { reversal: Reversal; context: ReceiverContext },
): Promise<AuthorizationAnswer> {
  const { paymentId, reason } = reversal;
  const reversed: AuthorizationAnswer = { paymentId, outcome: 'reversed', reason };
  // spec/messages.md 5: a reversal of a payment never seen is kept, so that its authorization is refused
  // later.
  const kept = await book.keep(reversed);
  if (kept.outcome === 'approved') {
    await handlers.onReversal(reversal, context);
  }
  if (kept.outcome !== 'reversed') {
    await book.replace(reversed);
  }
  return reversed;
}

/**
 * Questions about one payment are answered one after the other, so that each sees what the one before did.
 */
function createTurns(): <T>(paymentId: string, act: () => Promise<T>) => Promise<T> {
  const last = new Map<string, Promise<unknown>>();
  return (paymentId, act) => {
    const before = last.get(paymentId);
    const turn = before === undefined ? act() : before.then(act, act);
    last.set(paymentId, turn);
    const leave = () => {
      if (last.get(paymentId) === turn) {
        last.delete(paymentId);
      }
    };
    turn.then(leave, leave);
    return turn;
  };
}

function decodeTokenApproval(from: Members): TokenApproval {
  return {
    tokenId: from.text('tokenId'),
    wallet: from.text('wallet'),
    requestorId: from.text('requestorId'),
    account: from.text('account'),
    accountMarking: from.text('accountMarking'),
  };
}

function decodeAuthorization(from: Members): Authorization {
  const originalPaymentId = from.optionalText('originalPaymentId');
  return {
    paymentId: from.text('paymentId'),
    kind: from.oneOf('kind', ['purchase', 'refund']),
    presentment: from.oneOf('presentment', ['merchant', 'consumer']),
    account: from.text('account'),
    accountMarking: from.text('accountMarking'),
    amount: from.money('amount'),
    acquirer: from.text('acquirer'),
    merchant: decodeMerchant(from.object('merchant')),
    ...(originalPaymentId === undefined ? {} : { originalPaymentId }),
    deadline: from.instant('deadline'),
  };
}

function decodeReversal(from: Members): Reversal {
  return { paymentId: from.text('paymentId'), reason: from.reason('reason') };
}
