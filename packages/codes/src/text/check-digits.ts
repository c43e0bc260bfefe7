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

/** @throws CodeError QR_CHECKSUM_MISMATCH, QR_OBJECT_FORMAT */
export function assertIban(text: string, path: string): void {
  if (!/^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/i.test(text)) {
    throw new CodeError('QR_OBJECT_FORMAT', 'this is not an IBAN', { path });
  }
  if (mod97(text) !== 1) {
    throw new CodeError('QR_CHECKSUM_MISMATCH', 'the check digits of the IBAN do not match', { path });
  }
}

/** Whether a text is an ISO 11649 creditor reference (`RF`, mod 97). */
export function isCreditorReference(text: string): boolean {
  return /^RF\d{2}[A-Z0-9]{1,21}$/i.test(text) && mod97(text) === 1;
}

/** Whether 27 digits are a Swiss QR reference: the last is the recursive mod-10 check digit. */
export function isSwissReference(text: string): boolean {
  if (!/^\d{27}$/.test(text)) return false;
  let carry = 0;
  for (const digit of text.slice(0, 26)) carry = Number('0946827135'[(carry + Number(digit)) % 10]);
  return (10 - carry) % 10 === Number(text[26]);
}

/** ISO 7064 mod 97-10 of a text whose first four characters are put behind. */
function mod97(text: string): number {
  let remainder = 0;
  for (const character of text.slice(4) + text.slice(0, 4)) {
    const value = Number.parseInt(character, 36);
    remainder = (remainder * (value > 9 ? 100 : 10) + value) % 97;
  }
  return remainder;
}
