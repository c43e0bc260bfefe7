export {
  type Cryptogram,
  type CryptogramInput,
  createCryptogram,
  cryptogramCounterMax,
  verifyCryptogram,
} from './cryptogram.ts';
export { freshPayerCodeMemory, nextPayerCode, type PayerCodeMemory } from './next-payer-code.ts';
export { type HmacSha256, portableHmacSha256 } from './one-time-value.ts';
export {
  type CreatePayerCodeOptions,
  completePayerCode,
  createPayerCode,
  type PayerCode,
  payerCodePrefix,
  payerCodeSlots,
  payerCodeStepSeconds,
  type ReadPayerCode,
  readPayerCode,
  type VerifiedPayerCode,
  type VerifyOneTimeValueOptions,
  verifyOneTimeValue,
} from './payer-code.ts';
export { handlesMax, type PayerDevice, readDeviceKey, readProvision } from './payer-device.ts';
export { TokenError, type TokenErrorCode } from './token-error.ts';
