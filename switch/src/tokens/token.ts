import {
  encodeMoney,
  type Money,
  type ParticipantId,
  type Presentment,
  type TokenId,
  type TokenResource,
  type TokenState,
} from '@barlink/protocol';
import type { TokenErrorCode } from './errors.ts';

/** Who acts on a token: its requestor, the holder of its account, or the operator of the network. */
export type TokenActor = 'wallet' | 'issuer' | 'operator';

/** What somebody can do to a token; time does the rest (`expired`). */
export type TokenEvent = 'suspend' | 'resume' | 'delete';

/** A stand-in for an account, as the vault keeps it; the account itself is sealed apart. */
export interface Token {
  readonly id: TokenId;
  readonly wallet: ParticipantId;
  readonly issuer: ParticipantId;
  readonly accountMarking: string;
  readonly accountHint: string;
  readonly presentments: readonly Presentment[];
  readonly paymentLimit: Money | undefined;
  /** Everyone who has suspended it and not resumed it; it is active only when nobody is left. */
  readonly suspendedBy: readonly TokenActor[];
  readonly deletedAt: Date | undefined;
  readonly expiresAt: Date;
  readonly createdAt: Date;
}

/**
 * spec/tokens.md 2.1. A missing cell is an illegal move. `resume` takes back one's own suspension only, so a
 * token that somebody else suspended too stays `suspended`.
 */
export const nextState: Readonly<Record<TokenState, Readonly<Partial<Record<TokenEvent, TokenState>>>>> = {
  active: { suspend: 'suspended', delete: 'deleted' },
  suspended: { suspend: 'suspended', resume: 'active', delete: 'deleted' },
  expired: { delete: 'deleted' },
  deleted: {},
};

/** The state at an instant; what cannot be undone wins. */
export function stateAt(
  token: Pick<Token, 'deletedAt' | 'expiresAt' | 'suspendedBy'>,
  now: Date,
): TokenState {
  if (token.deletedAt !== undefined) {
    return 'deleted';
  }
  if (token.expiresAt.getTime() <= now.getTime()) {
    return 'expired';
  }
  return token.suspendedBy.length > 0 ? 'suspended' : 'active';
}

/** As whom a participant acts on a token; undefined when the token does not exist for it. */
export function actorOf(
  token: Pick<Token, 'wallet' | 'issuer'>,
  participant: ParticipantId,
): TokenActor | undefined {
  if (token.issuer === participant) {
    return 'issuer';
  }
  return token.wallet === participant ? 'wallet' : undefined;
}

/** Decides what an event makes of a token. */
export function decideChange(
  token: Token,
  change: { readonly event: TokenEvent; readonly actor: TokenActor; readonly now: Date },
): Token | 'TOKEN_STATE_CONFLICT' {
  const { event, actor, now } = change;
  if (nextState[stateAt(token, now)][event] === undefined) {
    return 'TOKEN_STATE_CONFLICT';
  }
  const isMine = token.suspendedBy.includes(actor);
  switch (event) {
    case 'suspend':
      return isMine ? 'TOKEN_STATE_CONFLICT' : { ...token, suspendedBy: [...token.suspendedBy, actor] };
    case 'resume':
      return isMine
        ? { ...token, suspendedBy: token.suspendedBy.filter((other) => other !== actor) }
        : 'TOKEN_STATE_CONFLICT';
    case 'delete':
      return { ...token, deletedAt: now };
    default:
      return event satisfies never;
  }
}

/** What a payment wants of a token. Without `wallet` the token was named by its payer code. */
export interface TokenUse {
  readonly wallet?: ParticipantId;
  readonly presentment: Presentment;
  readonly amount: Money;
  readonly now: Date;
}

/** Why a token does not serve a payment. */
export type UseRefusal = Extract<
  TokenErrorCode,
  | 'TOKEN_UNKNOWN'
  | 'TOKEN_SUSPENDED'
  | 'TOKEN_EXPIRED'
  | 'TOKEN_DELETED'
  | 'TOKEN_DOMAIN_FORBIDDEN'
  | 'TOKEN_LIMIT_EXCEEDED'
>;

/** Decides whether a token serves a payment; the first rule that fails names it (spec/tokens.md 2.2). */
export function decideUse(
  token:
    | Pick<Token, 'wallet' | 'presentments' | 'paymentLimit' | 'suspendedBy' | 'deletedAt' | 'expiresAt'>
    | undefined,
  use: TokenUse,
): 'ok' | UseRefusal {
  if (token === undefined || (use.wallet !== undefined && use.wallet !== token.wallet)) {
    return 'TOKEN_UNKNOWN';
  }
  const state = stateAt(token, use.now);
  if (state !== 'active') {
    return refusalOf[state];
  }
  if (!token.presentments.includes(use.presentment)) {
    return 'TOKEN_DOMAIN_FORBIDDEN';
  }
  const { paymentLimit } = token;
  const isWithin =
    paymentLimit === undefined ||
    (paymentLimit.currency === use.amount.currency && use.amount.minor <= paymentLimit.minor);
  return isWithin ? 'ok' : 'TOKEN_LIMIT_EXCEEDED';
}

const refusalOf: Readonly<Record<Exclude<TokenState, 'active'>, UseRefusal>> = {
  suspended: 'TOKEN_SUSPENDED',
  expired: 'TOKEN_EXPIRED',
  deleted: 'TOKEN_DELETED',
};

/** Validity of a token that was asked for without an expiry, and the longest one that may be asked for. */
export const lifeDefaultMs = 3 * 365 * 24 * 60 * 60 * 1000;
export const lifeMaxMs = 5 * 365 * 24 * 60 * 60 * 1000;

/** The expiry of a token created now. */
export function decideExpiry(asked: Date | undefined, now: Date): Date | 'TOKEN_EXPIRY_INVALID' {
  if (asked === undefined) {
    return new Date(now.getTime() + lifeDefaultMs);
  }
  const lifeMs = asked.getTime() - now.getTime();
  return lifeMs > 0 && lifeMs <= lifeMaxMs ? asked : 'TOKEN_EXPIRY_INVALID';
}

/** The last characters of an account: four, and never more than a third of it. */
export function hintOf(account: string): string {
  return account.slice(account.length - Math.min(4, Math.floor(account.length / 3)));
}

/** A token as its wallet and its issuer see it. */
export function renderToken(token: Token, now: Date): TokenResource {
  return {
    tokenId: token.id,
    issuer: token.issuer,
    state: stateAt(token, now),
    accountMarking: token.accountMarking,
    accountHint: token.accountHint,
    presentments: token.presentments,
    ...(token.paymentLimit === undefined ? {} : { paymentLimit: encodeMoney(token.paymentLimit) }),
    expiresAt: token.expiresAt.toISOString(),
    createdAt: token.createdAt.toISOString(),
  };
}
