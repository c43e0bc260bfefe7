export type {
  Account,
  AdditionalData,
  AnyCode,
  CodeDraft,
  CodeMoney,
  CodeOf,
  Language,
  Merchant,
  Mode,
  Presentment,
  Recognition,
  Scheme,
  Tip,
  Violation,
} from './code.ts';
export { crc16, crcText } from './emv/crc.ts';
export { currencyExponent, findCurrencyAlpha, findCurrencyNumber } from './emv/currencies.ts';
export type { DataObject, PrimitiveObject, TemplateObject } from './emv/objects.ts';
export { CodeError, type CodeErrorCode, type CodeErrorOptions } from './error.ts';
export { encode, type ParseOptions, parse, recognize, validate } from './parse.ts';
export { emvProfiles, schemes } from './registry.ts';
export { BARLINK_GUI, type BarlinkCode, type BarlinkData } from './schemes/barlink.ts';
export { type BarlinkPayerCode, PAYER_PREFIX } from './schemes/barlink-payer.ts';
export { isLuhn, luhnDigit } from './text/check-digits.ts';
export {
  attachSignature,
  type CodeSignature,
  decodeMerchantCode,
  encodeMerchantCode,
  findSignature,
  type MerchantCode,
  type SignedPayload,
  signedPart,
  withoutSignature,
} from './unified.ts';
