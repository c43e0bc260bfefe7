import {
  type AssuranceMethod,
  type Money,
  type ParticipantId,
  type PayerCodeProvision,
  type Presentment,
  parseParticipantId,
  parseTokenId,
  type TokenId,
  type TokenState,
} from '@barlink/protocol';
import { type Members, present } from './shape.ts';

/** A token as its wallet or its issuer sees it. */
export interface Token {
  readonly tokenId: TokenId;
  readonly issuer: ParticipantId;
  readonly state: TokenState;
  /** Stands for the wallet that asked for it (EMVCo token requestor id). */
  readonly requestorId: string;
  /** The same for all tokens of the account, useless for payment (EMVCo payment account reference). */
  readonly accountMarking: string;
  readonly accountHint: string;
  readonly assuranceMethod: AssuranceMethod;
  readonly controls: TokenControls;
  readonly createdAt: Date;
}

/** What a token may be used for; what is absent is not limited. */
export interface TokenControls {
  readonly presentments: readonly Presentment[];
  /** Most that one payment may take. */
  readonly paymentLimit?: Money;
  /** Most that all payments of a day (UTC), or of the whole validity, may be and take. */
  readonly useLimits?: readonly UseLimit[];
  /** An entry without `merchantId` is for all merchants of the acquirer. */
  readonly merchants?: readonly { readonly acquirer: string; readonly merchantId?: string }[];
  readonly categories?: readonly string[];
  /** Whether a payment of a merchant's code needs a cryptogram of the device. */
  readonly cryptogram: 'optional' | 'required';
  readonly expiresAt: Date;
}

/** How often and how much all payments of a period may take together. */
export interface UseLimit {
  readonly period: 'day' | 'validity';
  readonly count?: number;
  readonly amount?: Money;
}

/** A token as its issuer and the operator see it, with what happened to it and the payments it refused. */
export interface InspectedToken {
  readonly token: Token;
  readonly wallet: ParticipantId;
  readonly history: readonly {
    readonly event: string;
    readonly actor: 'wallet' | 'issuer' | 'operator';
    readonly participant: string;
    readonly at: Date;
  }[];
  /** The latest ones, newest first; who asked was told nothing of the reason. */
  readonly refusals: readonly {
    readonly reason: string;
    readonly sender: string;
    readonly acquirer?: string;
    readonly merchantId?: string;
    readonly amount: Money;
    readonly at: Date;
  }[];
}

/** A payer code of the switch's making, for a device that is online. */
export interface OnlinePayerCode {
  readonly tokenId: TokenId;
  /** 24 digits; a secret until it is used. */
  readonly payload: string;
  /** The same code in EMVCo's consumer-presented form. */
  readonly emvCpm: string;
  readonly expiresAt: Date;
}

/** A change of the vault's key, as the operator sees it. */
export interface VaultRotation {
  readonly rotationId: string;
  readonly state: 'running' | 'finished';
  readonly startedAt: Date;
  /** Accounts sealed with the new key so far, and those that still wait. */
  readonly resealed: bigint;
  readonly remaining: bigint;
  readonly finishedAt?: Date;
}

/** A new token, with what a device needs to show payer codes. Given once: keep it in a secure store. */
export interface CreatedToken extends Token {
  readonly payerCode: PayerCodeProvision;
}

/** Reads a TokenResource. */
export function decodeToken(from: Members): Token {
  return present({
    tokenId: parseTokenId(from.text('tokenId'), '/tokenId'),
    issuer: parseParticipantId(from.text('issuer'), '/issuer'),
    requestorId: from.text('requestorId'),
    state: from.oneOf('state', tokenStates),
    accountMarking: from.text('accountMarking'),
    accountHint: from.text('accountHint'),
    assuranceMethod: from.oneOf('assuranceMethod', ['00', '10', '11', '12', '13', '14']),
    controls: decodeControls(from),
    createdAt: from.instant('createdAt'),
  });
}

/** Every state a token can be in. */
export const tokenStates = [
  'requested',
  'inactive',
  'active',
  'suspended',
  'expired',
  'deleted',
] as const satisfies readonly TokenState[];

function decodeControls(from: Members): TokenControls {
  return present({
    presentments: from.texts('presentments') as readonly Presentment[],
    paymentLimit: from.optionalMoney('paymentLimit'),
    useLimits: listOf(from, 'useLimits', (limit) =>
      present({
        period: limit.oneOf('period', ['day', 'validity']),
        count: limit.optionalCount('count'),
        amount: limit.optionalMoney('amount'),
      }),
    ),
    merchants: from
      .optionalObjects('merchants')
      ?.map((merchant) =>
        present({ acquirer: merchant.text('acquirer'), merchantId: merchant.optionalText('merchantId') }),
      ),
    categories: from.optionalTexts('categories'),
    cryptogram: from.oneOf('cryptogram', ['optional', 'required']),
    expiresAt: from.instant('expiresAt'),
  });
}

/** A list that is absent when it would be empty. */
function listOf<Entry>(
  from: Members,
  name: string,
  decode: (member: Members) => Entry,
): readonly Entry[] | undefined {
  const members = from.optionalObjects(name);
  return members.length === 0 ? undefined : members.map(decode);
}

/** Reads an InspectedToken. */
export function decodeInspectedToken(from: Members): InspectedToken {
  return {
    token: decodeToken(from.object('token')),
    wallet: parseParticipantId(from.text('wallet'), '/wallet'),
    history: from.objects('history').map((entry) => ({
      event: entry.text('event'),
      actor: entry.oneOf('actor', ['wallet', 'issuer', 'operator']),
      participant: entry.text('participant'),
      at: entry.instant('at'),
    })),
    refusals: from.objects('refusals').map((refusal) =>
      present({
        reason: refusal.text('reason'),
        sender: refusal.text('sender'),
        acquirer: refusal.optionalText('acquirer'),
        merchantId: refusal.optionalText('merchantId'),
        amount: refusal.money('amount'),
        at: refusal.instant('at'),
      }),
    ),
  };
}

/** Reads a PayerCodeProvision. */
export function decodeProvision(from: Members): PayerCodeProvision {
  return {
    networkNumber: from.text('networkNumber'),
    deviceKey: from.text('deviceKey'),
    handles: from.texts('handles'),
  };
}

/** Reads a PayerCodeResource. */
export function decodeOnlineCode(from: Members): OnlinePayerCode {
  return {
    tokenId: parseTokenId(from.text('tokenId'), '/tokenId'),
    payload: from.text('payload'),
    emvCpm: from.text('emvCpm'),
    expiresAt: from.instant('expiresAt'),
  };
}

/** Reads a VaultRotation. */
export function decodeRotation(from: Members): VaultRotation {
  return present({
    rotationId: from.text('rotationId'),
    state: from.oneOf('state', ['running', 'finished']),
    startedAt: from.instant('startedAt'),
    resealed: from.integer('resealed'),
    remaining: from.integer('remaining'),
    finishedAt: from.optionalInstant('finishedAt'),
  });
}

/** Reads a TokenCreated. */
export function decodeCreatedToken(from: Members): CreatedToken {
  return { ...decodeToken(from), payerCode: decodeProvision(from.object('payerCode')) };
}
