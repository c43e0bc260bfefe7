import { CodeError } from '../error.ts';

/** Whether the last digit of a run of digits is its Luhn (ISO/IEC 7812) check digit. */
export function isLuhn(digits: string): boolean {
  return luhnSum(digits, 0) % 10 === 0;
}

/** The Luhn digit to put behind `digits`. */
export function luhnDigit(digits: string): string {
  return String((10 - (luhnSum(digits, 1) % 10)) % 10);
}

/** @throws CodeError QR_CHECKSUM_MISMATCH */
export function assertLuhn(digits: string): void {
  if (isLuhn(digits)) return;
  throw new CodeError('QR_CHECKSUM_MISMATCH', 'the check digit does not match', {
    offset: digits.length - 1,
  });
}

function luhnSum(digits: string, parity: number): number {
  let sum = 0;
  for (let at = 0; at < digits.length; at++) {
    const digit = digits.charCodeAt(digits.length - 1 - at) - 48;
    const doubled = (at + parity) % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum;
}
