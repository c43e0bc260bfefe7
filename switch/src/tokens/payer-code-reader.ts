import { createHmac } from 'node:crypto';
import { TokenError as PayerCodeError, readPayerCode, verifyOneTimeValue } from '@barlink/tokens';
import type { PayerCodeReader } from './payer-code.ts';

/** Payer codes as `@barlink/tokens` defines them, with the native HMAC. */
export const payerCodeReader: PayerCodeReader = {
  read: readPayerCode,
  async verify(code, deviceKey, now) {
    try {
      const { step } = verifyOneTimeValue({ deviceKey, code, now, hmacSha256 });
      return { step: BigInt(step) };
    } catch (error) {
      if (error instanceof PayerCodeError && error.code === 'PAYER_CODE_STALE') {
        return 'PAYER_CODE_EXPIRED';
      }
      if (error instanceof PayerCodeError && error.code === 'PAYER_CODE_INVALID') {
        return 'PAYER_CODE_INVALID';
      }
      throw error;
    }
  },
};

function hmacSha256(key: Uint8Array, message: Uint8Array): Uint8Array {
  return createHmac('sha256', key).update(message).digest();
}
