import type { CodeDraft, Scheme } from './code.ts';
import { createEmvMpm } from './emv/mpm.ts';
import type { EmvProfile } from './emv/profile.ts';
import { listViolations } from './emv/rules.ts';
import { createDraftWriter } from './emv/writer.ts';
import { alipayPaymentCode, alipayQr } from './schemes/alipay.ts';
import { barlink } from './schemes/barlink.ts';
import { barlinkPayer } from './schemes/barlink-payer.ts';
import { bharatqr } from './schemes/bharatqr.ts';
import { bip21 } from './schemes/bip21.ts';
import { bolt11 } from './schemes/bolt11.ts';
import { duitnow } from './schemes/duitnow.ts';
import { emvCpm } from './schemes/emv-cpm.ts';
import { epc } from './schemes/epc.ts';
import { fpsHk } from './schemes/fps-hk.ts';
import { jpqr } from './schemes/jpqr.ts';
import { khqr } from './schemes/khqr.ts';
import { lankaqr } from './schemes/lankaqr.ts';
import { mmqr } from './schemes/mmqr.ts';
import { nepalpay } from './schemes/nepalpay.ts';
import { payBySquare } from './schemes/pay-by-square.ts';
import { paynow } from './schemes/paynow.ts';
import { pix } from './schemes/pix.ts';
import { promptpay } from './schemes/promptpay.ts';
import { qris } from './schemes/qris.ts';
import { qrph } from './schemes/qrph.ts';
import { raast } from './schemes/raast.ts';
import { sgqr } from './schemes/sgqr.ts';
import { spayd } from './schemes/spayd.ts';
import { swissQrBill } from './schemes/swiss-qr-bill.ts';
import { thaiBarcode, thaiSlipVerify } from './schemes/thai.ts';
import { twqr } from './schemes/twqr.ts';
import { twqrp } from './schemes/twqrp.ts';
import { unionpay } from './schemes/unionpay.ts';
import { unionpayPaymentCode, unionpayQr } from './schemes/unionpay-qr.ts';
import { upi } from './schemes/upi.ts';
import { vietqr } from './schemes/vietqr.ts';
import { vnpay } from './schemes/vnpay.ts';
import { wechatNative, wechatPaymentCode, wechatPerson } from './schemes/wechat.ts';
import { zatca } from './schemes/zatca.ts';

/** National schemes on EMVCo MPM. A payload with several networks is the first one listed here. */
export const emvProfiles: readonly EmvProfile[] = [
  barlink,
  sgqr,
  paynow,
  pix,
  qris,
  promptpay,
  duitnow,
  khqr,
  vietqr,
  vnpay,
  qrph,
  fpsHk,
  bharatqr,
  lankaqr,
  nepalpay,
  mmqr,
  jpqr,
  twqr,
  raast,
  unionpay,
];

/** Every scheme, in the order a text is tried against them: the unmistakable first. */
export const schemes: readonly Scheme[] = [
  /* @__PURE__ */ createEmvMpm(emvProfiles, { rules: listViolations, createWriter: createDraftWriter }),
  barlinkPayer,
  emvCpm,
  alipayQr,
  wechatNative,
  wechatPerson,
  unionpayQr,
  upi,
  epc,
  swissQrBill,
  spayd,
  twqrp,
  bip21,
  bolt11,
  thaiSlipVerify,
  thaiBarcode,
  wechatPaymentCode,
  alipayPaymentCode,
  unionpayPaymentCode,
  zatca,
  payBySquare,
];

let writers: Map<string, Scheme> | undefined;

/** The entry that writes a draft: of its presentment, when both have its scheme. */
export function findWriter(draft: CodeDraft): Scheme | undefined {
  if (!writers) {
    writers = new Map();
    for (const scheme of schemes) {
      for (const name of scheme.names) {
        if (!writers.has(name)) writers.set(name, scheme);
        writers.set(`${scheme.presentment} ${name}`, scheme);
      }
    }
  }
  const chosen =
    draft.presentment === undefined ? undefined : writers.get(`${draft.presentment} ${draft.scheme}`);
  return chosen ?? writers.get(draft.scheme);
}
