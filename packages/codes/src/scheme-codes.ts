import type { CodeOf } from './code.ts';
import type { AlipayCode } from './schemes/alipay.ts';
import type { BarlinkCode } from './schemes/barlink.ts';
import type { BarlinkPayerCode } from './schemes/barlink-payer.ts';
import type { BharatqrCode } from './schemes/bharatqr.ts';
import type { Bip21Code } from './schemes/bip21.ts';
import type { Bolt11Code } from './schemes/bolt11.ts';
import type { DuitnowCode } from './schemes/duitnow.ts';
import type { EmvCpmCode } from './schemes/emv-cpm.ts';
import type { EpcCode } from './schemes/epc.ts';
import type { FpsHkCode } from './schemes/fps-hk.ts';
import type { JpqrCode } from './schemes/jpqr.ts';
import type { KhqrCode } from './schemes/khqr.ts';
import type { LankaqrCode } from './schemes/lankaqr.ts';
import type { MmqrCode } from './schemes/mmqr.ts';
import type { NepalpayCode } from './schemes/nepalpay.ts';
import type { PayBySquareCode } from './schemes/pay-by-square.ts';
import type { PaynowCode } from './schemes/paynow.ts';
import type { PixCode } from './schemes/pix.ts';
import type { PromptpayCode } from './schemes/promptpay.ts';
import type { QrisCode } from './schemes/qris.ts';
import type { QrphCode } from './schemes/qrph.ts';
import type { RaastCode } from './schemes/raast.ts';
import type { SgqrCode } from './schemes/sgqr.ts';
import type { SpaydCode } from './schemes/spayd.ts';
import type { SwissQrBillCode } from './schemes/swiss-qr-bill.ts';
import type { ThaiBarcodeCode, ThaiSlipCode } from './schemes/thai.ts';
import type { TwqrCode } from './schemes/twqr.ts';
import type { TwqrpCode } from './schemes/twqrp.ts';
import type { UnionpayCode } from './schemes/unionpay.ts';
import type { UnionpayQrCode } from './schemes/unionpay-qr.ts';
import type { UpiCode } from './schemes/upi.ts';
import type { VietqrCode } from './schemes/vietqr.ts';
import type { VnpayCode } from './schemes/vnpay.ts';
import type { WechatCode } from './schemes/wechat.ts';
import type { ZatcaCode } from './schemes/zatca.ts';

/** An EMVCo merchant-presented code of no scheme this package names. */
export type EmvMpmCode = CodeOf<'emv-mpm', Readonly<Record<string, never>>>;

/** What `parse` gives. Branch on `scheme` (and `presentment` for `barlink`), and `data` has its type. */
export type Code =
  | AlipayCode
  | BarlinkCode
  | BarlinkPayerCode
  | BharatqrCode
  | Bip21Code
  | Bolt11Code
  | DuitnowCode
  | EmvCpmCode
  | EmvMpmCode
  | EpcCode
  | FpsHkCode
  | JpqrCode
  | KhqrCode
  | LankaqrCode
  | MmqrCode
  | NepalpayCode
  | PayBySquareCode
  | PaynowCode
  | PixCode
  | PromptpayCode
  | QrisCode
  | QrphCode
  | RaastCode
  | SgqrCode
  | SpaydCode
  | SwissQrBillCode
  | ThaiBarcodeCode
  | ThaiSlipCode
  | TwqrCode
  | TwqrpCode
  | UnionpayCode
  | UnionpayQrCode
  | UpiCode
  | VietqrCode
  | VnpayCode
  | WechatCode
  | ZatcaCode;

/** The name of every scheme. */
export type SchemeName = Code['scheme'];
