import { findCurrency } from './currency.ts';
import { ProtocolError } from './protocol-error.ts';

/**
 * An amount in minor units (fen, cents) with its ISO 4217 alphabetic currency. No floating point touches it.
 */
export interface Money {
  readonly currency: string;
  readonly minor: bigint;
}

/** Money on the wire: minor units as a decimal integer string, because a JSON number is a double. */
export interface WireMoney {
  readonly currency: string;
  readonly minor: string;
}

/** Codes {@link parseMoney} and {@link parseDecimal} throw; spec/errors.md lists them. */
export type MoneyErrorCode =
  | 'MONEY_CURRENCY_UNKNOWN'
  | 'MONEY_AMOUNT_INVALID'
  | 'MONEY_AMOUNT_PRECISION'
  | 'MONEY_AMOUNT_NEGATIVE'
  | 'MONEY_AMOUNT_ZERO'
  | 'MONEY_AMOUNT_TOO_LARGE';

/**
 * Largest amount of one payment in minor units: 13 digits, what an EMVCo amount (54, 13 characters) can hold.
 */
export const amountMinorMax = 9_999_999_999_999n;

/**
 * Reads a payable amount from the wire: more than zero, whole minor units, a known currency.
 *
 * @throws {ProtocolError} a {@link MoneyErrorCode}, with the path of the member at fault.
 */
export function parseMoney(value: WireMoney, path = ''): Money {
  if (findCurrency(value.currency)?.code !== value.currency) {
    throw new ProtocolError('MONEY_CURRENCY_UNKNOWN', 'The currency is not an ISO 4217 alphabetic code.', {
      path: `${path}/currency`,
    });
  }
  return { currency: value.currency, minor: parseMinor(value.minor, `${path}/minor`) };
}

/** Writes money for the wire. */
export function encodeMoney(money: Money): WireMoney {
  return { currency: money.currency, minor: money.minor.toString() };
}

/**
 * Reads the decimal of a payment code or a screen (`12.50`) as payable money.
 *
 * @throws {ProtocolError} a {@link MoneyErrorCode}; more decimals than the currency has is
 * `MONEY_AMOUNT_PRECISION`.
 */
export function parseDecimal(decimal: string, currencyCode: string, path = ''): Money {
  const currency = findCurrency(currencyCode);
  if (currency === undefined) {
    throw new ProtocolError('MONEY_CURRENCY_UNKNOWN', 'The currency is not in ISO 4217.', { path });
  }
  const match = /^(-?)(\d+)(?:\.(\d*))?$/.exec(decimal);
  if (match === null) {
    throw new ProtocolError('MONEY_AMOUNT_INVALID', 'The amount is not a decimal number.', { path });
  }
  const [, sign = '', whole = '', fraction = ''] = match;
  if (fraction.length > currency.exponent && /[1-9]/.test(fraction.slice(currency.exponent))) {
    throw new ProtocolError('MONEY_AMOUNT_PRECISION', `${currency.code} has ${currency.exponent} decimals.`, {
      path,
    });
  }
  const minor = sign + whole + fraction.slice(0, currency.exponent).padEnd(currency.exponent, '0');
  return { currency: currency.code, minor: parseMinor(minor, path) };
}

/** Writes money as the decimal a person reads and a payment code holds: `12.50`, for JPY `12`. */
export function formatDecimal(money: Money): string {
  const exponent = findCurrency(money.currency)?.exponent ?? 2;
  const sign = money.minor < 0n ? '-' : '';
  const digits = (money.minor < 0n ? -money.minor : money.minor).toString().padStart(exponent + 1, '0');
  if (exponent === 0) {
    return sign + digits;
  }
  return `${sign}${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`;
}

function parseMinor(minor: string, path: string): bigint {
  if (/^-\d*[1-9]/.test(minor)) {
    throw new ProtocolError('MONEY_AMOUNT_NEGATIVE', 'The amount is negative.', { path });
  }
  if (/^-?\d+[.,]\d+$/.test(minor)) {
    throw new ProtocolError('MONEY_AMOUNT_PRECISION', 'The amount has more digits than the currency has.', {
      path,
    });
  }
  if (!/^-?\d{1,40}$/.test(minor)) {
    throw new ProtocolError('MONEY_AMOUNT_INVALID', 'The amount is not a whole number of minor units.', {
      path,
    });
  }
  const value = BigInt(minor);
  if (value === 0n) {
    throw new ProtocolError('MONEY_AMOUNT_ZERO', 'The amount is zero.', { path });
  }
  if (value > amountMinorMax) {
    throw new ProtocolError('MONEY_AMOUNT_TOO_LARGE', `The amount is above ${amountMinorMax} minor units.`, {
      path,
    });
  }
  return value;
}
