import { createHmac } from 'node:crypto';
import { CodeError, findPayerDigits, parse } from '@barlink/codes';
import {
  type HmacSha256,
  TokenError as PayerCodeError,
  type ReadPayerCode,
  readPayerCode,
  type VerifiedPayerCode,
  verifyOneTimeValue,
} from '@barlink/tokens';

/** A scanned payer code, taken apart. */
export interface PresentedPayerCode extends ReadPayerCode {
  /** The 17 digits of a code the switch has made; undefined for one a device made. */
  readonly onlineDigits: string | undefined;
}

/**
 * Reads a payer code: its 24 digits, or its EMVCo form.
 *
 * @throws {ProtocolError} of `@barlink/tokens`: `PAYER_CODE_MALFORMED`, `PAYER_CODE_PREFIX_UNKNOWN`,
 *   `PAYER_CODE_CHECK_DIGIT_MISMATCH`
 */
export function readPresented(payload: string): PresentedPayerCode {
  const digits = /^[0-9]{24}$/.test(payload) ? payload : (findDigits(payload) ?? payload);
  const code = readPayerCode(digits);
  const isOnline = code.handle.startsWith(onlineMark);
  return { ...code, onlineDigits: isOnline ? digits.slice(6, 23) : undefined };
}

/** Codes of the switch's making begin so where a device's handle would be: no handle does. */
export const onlineMark = '9';
/** How long such a code holds. */
export const onlineLifeMs = 60_000;

function findDigits(payload: string): string | undefined {
  try {
    return findPayerDigits(parse(payload));
  } catch (error) {
    if (error instanceof CodeError) {
      return undefined;
    }
    throw error;
  }
}

/** What the one-time value of a payer code proves, or that it proves nothing. */
export function checkPayerCode(
  code: ReadPayerCode,
  options: { readonly deviceKey: Uint8Array; readonly now: Date },
): VerifiedPayerCode | 'PAYER_CODE_INVALID' {
  try {
    return verifyOneTimeValue({ code, ...options, hmacSha256: nativeHmac });
  } catch (error) {
    if (error instanceof PayerCodeError && error.code === 'PAYER_CODE_INVALID') {
      return error.code;
    }
    throw error;
  }
}

/** Twelve of these are a check: native ones take a third of the time. */
export const nativeHmac: HmacSha256 = (key, message) => createHmac('sha256', key).update(message).digest();

/** Wrong one-time values after which a token takes no payer code, and for how long after the last of them. */
export const failuresMax = 5;
export const lockedForMs = 15 * 60 * 1000;

/** True while a token takes no payer code because too many wrong ones were shown. */
export function isLocked(
  standing: { readonly failures: number; readonly lastFailedAt: Date | undefined },
  now: Date,
): boolean {
  const { failures, lastFailedAt } = standing;
  return (
    failures >= failuresMax &&
    lastFailedAt !== undefined &&
    now.getTime() - lastFailedAt.getTime() < lockedForMs
  );
}
