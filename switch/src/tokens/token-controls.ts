import {
  encodeMoney,
  type Money,
  type ParticipantId,
  type Presentment,
  type TokenControlsResource,
} from '@barlink/protocol';
import type { Token } from './token.ts';

/** What a token is good for: its channel, its merchants, its amounts and counts. Its validity is a time. */
export interface TokenControls {
  readonly presentments: readonly Presentment[];
  /** Most that one payment may take. */
  readonly paymentLimit: Money | undefined;
  /** At most one for a period; all amounts of a token have one currency. */
  readonly useLimits: readonly UseLimit[];
  /** Undefined: everywhere. */
  readonly merchants: readonly TokenMerchant[] | undefined;
  /** Merchant category codes; undefined: all. */
  readonly categories: readonly string[] | undefined;
  readonly cryptogram: 'optional' | 'required';
}

/** How often and how much all payments of a period may take together. */
export interface UseLimit {
  /** A day of UTC, or the whole life of the token. */
  readonly period: 'day' | 'validity';
  readonly count: number | undefined;
  readonly amount: Money | undefined;
}

/** A merchant of an acquirer, or all of an acquirer's. */
export interface TokenMerchant {
  readonly acquirer: ParticipantId;
  readonly merchantId: string | undefined;
}

/** The currency of a token's amounts: undefined when it has none, 'mixed' when they differ. */
export function currencyOf({ paymentLimit, useLimits }: TokenControls): string | 'mixed' | undefined {
  const amounts = [paymentLimit, ...useLimits.map(({ amount }) => amount)];
  const currencies = new Set(amounts.flatMap((amount) => (amount === undefined ? [] : [amount.currency])));
  return currencies.size > 1 ? 'mixed' : [...currencies][0];
}

/** True when the controls contradict themselves: two currencies, a period twice, a limit of nothing. */
export function isContradictory(controls: TokenControls): boolean {
  const { useLimits } = controls;
  return (
    currencyOf(controls) === 'mixed' ||
    new Set(useLimits.map(({ period }) => period)).size !== useLimits.length ||
    useLimits.some(({ count, amount }) => count === undefined && amount === undefined)
  );
}

/** True when payments have to be counted for these controls. */
export function isCounted({ useLimits }: TokenControls): boolean {
  return useLimits.length > 0;
}

/** True when nothing is allowed that was not before: what a wallet may change (spec/tokens.md 2.4). */
export function isNarrower(
  next: TokenControls & { readonly expiresAt: Date },
  before: TokenControls & { readonly expiresAt: Date },
): boolean {
  const periods = ['day', 'validity'] as const;
  return (
    next.presentments.every((presentment) => before.presentments.includes(presentment)) &&
    isMoneyWithin(next.paymentLimit, before.paymentLimit) &&
    periods.every((period) => {
      const [one, other] = [next, before].map(({ useLimits }) =>
        useLimits.find((limit) => limit.period === period),
      );
      return isWithin(one?.count, other?.count) && isMoneyWithin(one?.amount, other?.amount);
    }) &&
    isListWithin(next.categories, before.categories, (one, other) => one === other) &&
    isListWithin(next.merchants, before.merchants, covers) &&
    (next.cryptogram === 'required' || before.cryptogram === 'optional') &&
    next.expiresAt <= before.expiresAt
  );
}

/** True when the payee is one the token is for. */
export function isForMerchant(
  { merchants, categories }: TokenControls,
  payee: { readonly acquirer: ParticipantId; readonly merchantId: string; readonly category: string },
): boolean {
  return (
    (categories === undefined || categories.includes(payee.category)) &&
    (merchants === undefined || merchants.some((merchant) => covers(payee, merchant)))
  );
}

/** True when `one` is `other`, or one of its merchants. */
function covers(one: TokenMerchant, other: TokenMerchant): boolean {
  return (
    one.acquirer === other.acquirer && (other.merchantId === undefined || one.merchantId === other.merchantId)
  );
}

function isWithin(next: number | undefined, before: number | undefined): boolean {
  return before === undefined || (next !== undefined && next <= before);
}

function isMoneyWithin(next: Money | undefined, before: Money | undefined): boolean {
  return (
    before === undefined ||
    (next !== undefined && next.currency === before.currency && next.minor <= before.minor)
  );
}

function isListWithin<Entry>(
  next: readonly Entry[] | undefined,
  before: readonly Entry[] | undefined,
  isIn: (one: Entry, other: Entry) => boolean,
): boolean {
  return (
    before === undefined || (next?.every((entry) => before.some((other) => isIn(entry, other))) ?? false)
  );
}

/** Controls as wallet, issuer and operator see them. */
export function renderControls({ controls, expiresAt }: Token): TokenControlsResource {
  const { presentments, paymentLimit, useLimits, merchants, categories, cryptogram } = controls;
  return {
    presentments,
    ...(paymentLimit === undefined ? {} : { paymentLimit: encodeMoney(paymentLimit) }),
    ...(useLimits.length === 0
      ? {}
      : {
          useLimits: useLimits.map(({ period, count, amount }) => ({
            period,
            ...(count === undefined ? {} : { count }),
            ...(amount === undefined ? {} : { amount: encodeMoney(amount) }),
          })),
        }),
    ...(merchants === undefined
      ? {}
      : {
          merchants: merchants.map(({ acquirer, merchantId }) => ({
            acquirer,
            ...(merchantId === undefined ? {} : { merchantId }),
          })),
        }),
    ...(categories === undefined ? {} : { categories }),
    cryptogram,
    expiresAt: expiresAt.toISOString(),
  };
}
