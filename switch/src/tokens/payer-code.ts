import { createHmac } from 'node:crypto';
import {
  type HmacSha256,
  TokenError as PayerCodeError,
  type ReadPayerCode,
  type VerifiedPayerCode,
  verifyOneTimeValue,
} from '@barlink/tokens';

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

/** Sixteen of these are a check: native ones take a third of the time. */
const nativeHmac: HmacSha256 = (key, message) => createHmac('sha256', key).update(message).digest();

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
