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
export { type CodeUrl, readCodeUrl } from './code-url.ts';
export { toDynamic } from './dynamic.ts';
export { crc16, crcText } from './emv/crc.ts';
export { currencyExponent, findCurrencyAlpha, findCurrencyNumber } from './emv/currencies.ts';
export type { DataObject, PrimitiveObject, TemplateObject } from './emv/objects.ts';
export { CodeError, type CodeErrorCode, type CodeErrorOptions } from './error.ts';
export { encode, type ParseOptions, parse, recognize, validate } from './parse.ts';
export { BARLINK_ADF_NAME, encodePayerCpm, findPayerDigits } from './payer-cpm.ts';
export { emvProfiles, schemes } from './registry.ts';
export type { Code, EmvMpmCode, SchemeName } from './scheme-codes.ts';
export type { AlipayCode } from './schemes/alipay.ts';
export { BARLINK_GUI, type BarlinkCode, type BarlinkData } from './schemes/barlink.ts';
export { type BarlinkPayerCode, PAYER_PREFIX } from './schemes/barlink-payer.ts';
export type { BharatqrCode } from './schemes/bharatqr.ts';
export type { Bip21Code } from './schemes/bip21.ts';
export type { Bolt11Code } from './schemes/bolt11.ts';
export type { DuitnowCode } from './schemes/duitnow.ts';
export type { EmvCpmCode } from './schemes/emv-cpm.ts';
export type { EpcCode } from './schemes/epc.ts';
export type { FpsHkCode } from './schemes/fps-hk.ts';
export type { JpqrCode } from './schemes/jpqr.ts';
export type { KhqrCode } from './schemes/khqr.ts';
export type { LankaqrCode } from './schemes/lankaqr.ts';
export type { MmqrCode } from './schemes/mmqr.ts';
export type { NepalpayCode } from './schemes/nepalpay.ts';
export type { PayBySquareCode } from './schemes/pay-by-square.ts';
export type { PaynowCode } from './schemes/paynow.ts';
export type { PixCode } from './schemes/pix.ts';
export type { PromptpayCode } from './schemes/promptpay.ts';
export type { QrisCode } from './schemes/qris.ts';
export type { QrphCode } from './schemes/qrph.ts';
export type { RaastCode } from './schemes/raast.ts';
export type { SgqrCode } from './schemes/sgqr.ts';
export type { SpaydCode } from './schemes/spayd.ts';
export type { SwissQrBillCode } from './schemes/swiss-qr-bill.ts';
export type { ThaiBarcodeCode, ThaiSlipCode } from './schemes/thai.ts';
export type { TwqrCode } from './schemes/twqr.ts';
export type { TwqrpCode } from './schemes/twqrp.ts';
export type { UnionpayCode } from './schemes/unionpay.ts';
export type { UnionpayQrCode } from './schemes/unionpay-qr.ts';
export type { UpiCode } from './schemes/upi.ts';
export type { VietqrCode } from './schemes/vietqr.ts';
export type { VnpayCode } from './schemes/vnpay.ts';
export type { WechatCode } from './schemes/wechat.ts';
export type { ZatcaCode } from './schemes/zatca.ts';
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
