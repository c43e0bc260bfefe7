import type { Money, ParticipantId, Presentment, TokenState } from '@barlink/protocol';
import type { TokenErrorCode } from './errors.ts';
import { stateAt, type Token } from './token.ts';
import { currencyOf, isForMerchant } from './token-controls.ts';

/** What a payment wants of a token. Without `wallet` the token was named by its payer code. */
export interface TokenUse {
  readonly wallet?: ParticipantId;
  readonly presentment: Presentment;
  readonly amount: Money;
  readonly payee: {
    readonly acquirer: ParticipantId;
    readonly merchantId: string;
    readonly category: string;
  };
  readonly now: Date;
}

/** Why a token does not serve a payment: for its issuer and the operator, never for who asks. */
export type RefusalReason =
  | 'requestor'
  | 'channel'
  | 'merchant'
  | 'currency'
  | 'amount'
  | 'count'
  | 'validity'
  | 'state'
  | 'cryptogram'
  | 'counter'
  | 'payer_code';

/** What who asks is told, and what the issuer is. */
export interface UseRefusal {
  readonly code: Extract<
    TokenErrorCode,
    'TOKEN_UNKNOWN' | 'TOKEN_NOT_ACTIVE' | 'TOKEN_SUSPENDED' | 'TOKEN_DELETED'
  >;
  readonly reason: RefusalReason;
}

/**
 * Decides whether a token serves a payment (spec/tokens.md 2.2). Outside of its domain it answers like one
 * that does not exist: what it is good for is nobody's business who has it wrong.
 */
export function decideUse(token: Token | undefined, use: TokenUse): UseRefusal | 'ok' {
  if (token === undefined || (use.wallet !== undefined && use.wallet !== token.wallet)) {
    return { code: 'TOKEN_UNKNOWN', reason: 'requestor' };
  }
  const reason = decideDomain(token, use);
  if (reason !== undefined) {
    return { code: 'TOKEN_UNKNOWN', reason };
  }
  const state = stateAt(token, use.now);
  return state === 'active' ? 'ok' : { code: stateCodes[state], reason: 'state' };
}

function decideDomain({ controls, expiresAt }: Token, use: TokenUse): RefusalReason | undefined {
  const { presentment, amount, payee, now } = use;
  const { presentments, paymentLimit } = controls;
  if (expiresAt.getTime() <= now.getTime()) {
    return 'validity';
  }
  if (!presentments.includes(presentment)) {
    return 'channel';
  }
  if (!isForMerchant(controls, payee)) {
    return 'merchant';
  }
  if ((currencyOf(controls) ?? amount.currency) !== amount.currency) {
    return 'currency';
  }
  return paymentLimit !== undefined && amount.minor > paymentLimit.minor ? 'amount' : undefined;
}

const stateCodes: Readonly<Record<Exclude<TokenState, 'active'>, UseRefusal['code']>> = {
  requested: 'TOKEN_NOT_ACTIVE',
  inactive: 'TOKEN_NOT_ACTIVE',
  suspended: 'TOKEN_SUSPENDED',
  expired: 'TOKEN_UNKNOWN',
  deleted: 'TOKEN_DELETED',
};
