import type { AssuranceMethod, ParticipantId, TokenId, TokenResource, TokenState } from '@barlink/protocol';
import { renderControls, type TokenControls } from './token-controls.ts';

/** Who acts on a token: its requestor, the holder of its account, or the operator of the network. */
export type TokenActor = 'wallet' | 'issuer' | 'operator';

/** What somebody can do to a token; time does the rest (`expired`). */
export type TokenEvent = 'approve' | 'activate' | 'suspend' | 'resume' | 'delete';

/** A stand-in for an account, as the vault keeps it; the account itself is sealed apart. */
export interface Token {
  readonly id: TokenId;
  readonly wallet: ParticipantId;
  readonly issuer: ParticipantId;
  /** EMVCo's token requestor id: 11 digits that stand for the wallet. */
  readonly requestorId: string;
  readonly accountMarking: string;
  readonly accountHint: string;
  /** How the issuer verified the account holder. */
  readonly assuranceMethod: AssuranceMethod;
  readonly controls: TokenControls;
  /** Whether its wallet wants it active as soon as it is approved, or later. */
  readonly activation: 'at_once' | 'by_wallet';
  readonly approvedAt: Date | undefined;
  readonly activatedAt: Date | undefined;
  /** Everyone who has suspended it and not resumed it; it is active only when nobody is left. */
  readonly suspendedBy: readonly TokenActor[];
  readonly deletedAt: Date | undefined;
  readonly expiresAt: Date;
  readonly createdAt: Date;
  /** Which of its devices it is on. */
  readonly deviceGeneration: number;
}

/** A legal move of a token: where it leads and who may make it. */
export interface TokenMove {
  readonly to: TokenState;
  readonly by: readonly TokenActor[];
}

const everyone: readonly TokenActor[] = ['wallet', 'issuer', 'operator'];
const parties: readonly TokenActor[] = ['wallet', 'issuer'];

/**
 * spec/tokens.md 2.1. A missing cell is an illegal move. `approve` goes on to `active` when the wallet wants
 * it at once; `resume` takes back one's own suspension only, so a token that somebody else suspended too
 * stays `suspended`.
 */
export const moves: Readonly<Record<TokenState, Readonly<Partial<Record<TokenEvent, TokenMove>>>>> = {
  requested: { approve: { to: 'inactive', by: ['issuer'] }, delete: { to: 'deleted', by: parties } },
  inactive: { activate: { to: 'active', by: ['wallet'] }, delete: { to: 'deleted', by: parties } },
  active: { suspend: { to: 'suspended', by: everyone }, delete: { to: 'deleted', by: parties } },
  suspended: {
    suspend: { to: 'suspended', by: everyone },
    resume: { to: 'active', by: everyone },
    delete: { to: 'deleted', by: parties },
  },
  expired: { delete: { to: 'deleted', by: parties } },
  deleted: {},
};

/** The state at an instant; what cannot be undone wins. */
export function stateAt(
  token: Pick<Token, 'deletedAt' | 'expiresAt' | 'suspendedBy' | 'approvedAt' | 'activatedAt'>,
  now: Date,
): TokenState {
  if (token.deletedAt !== undefined) {
    return 'deleted';
  }
  if (token.expiresAt.getTime() <= now.getTime()) {
    return 'expired';
  }
  if (token.approvedAt === undefined) {
    return 'requested';
  }
  if (token.activatedAt === undefined) {
    return 'inactive';
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

/** What is done to a token, and by whom. */
export interface TokenChange {
  readonly event: TokenEvent;
  readonly actor: TokenActor;
  readonly now: Date;
  /** The issuer's, with `approve`. */
  readonly assuranceMethod?: AssuranceMethod | undefined;
}

/** Decides what an event makes of a token. */
export function decideChange(token: Token, change: TokenChange): Token | 'TOKEN_STATE_CONFLICT' {
  const { event, actor, now, assuranceMethod = token.assuranceMethod } = change;
  const isAllowed = moves[stateAt(token, now)][event]?.by.includes(actor) === true;
  const isMine = token.suspendedBy.includes(actor);
  if (!isAllowed || (event === 'suspend' && isMine) || (event === 'resume' && !isMine)) {
    return 'TOKEN_STATE_CONFLICT';
  }
  switch (event) {
    case 'approve': {
      const activatedAt = token.activation === 'at_once' ? now : undefined;
      return { ...token, assuranceMethod, approvedAt: now, activatedAt };
    }
    case 'activate':
      return { ...token, activatedAt: now };
    case 'suspend':
      return { ...token, suspendedBy: [...token.suspendedBy, actor] };
    case 'resume':
      return { ...token, suspendedBy: token.suspendedBy.filter((other) => other !== actor) };
    case 'delete':
      return { ...token, deletedAt: now };
    default:
      return event satisfies never;
  }
}

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

/** EMVCo's token requestor id of a wallet: network number, 0, participant number. */
export function requestorIdOf(networkNumber: string, participantNumber: string): string {
  return `${networkNumber}0${participantNumber}`;
}

/** A token as its wallet, its issuer and the operator see it. */
export function renderToken(token: Token, now: Date): TokenResource {
  return {
    tokenId: token.id,
    issuer: token.issuer,
    requestorId: token.requestorId,
    state: stateAt(token, now),
    accountMarking: token.accountMarking,
    accountHint: token.accountHint,
    assuranceMethod: token.assuranceMethod,
    ...renderControls(token),
    createdAt: token.createdAt.toISOString(),
  };
}
