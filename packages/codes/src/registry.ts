import type { CodeDraft, Scheme } from './code.ts';
import { createEmvMpm } from './emv/mpm.ts';
import type { EmvProfile } from './emv/profile.ts';
import { barlink } from './schemes/barlink.ts';
import { barlinkPayer } from './schemes/barlink-payer.ts';
import { bharatqr } from './schemes/bharatqr.ts';
import { duitnow } from './schemes/duitnow.ts';
import { fpsHk } from './schemes/fps-hk.ts';
import { jpqr } from './schemes/jpqr.ts';
import { khqr } from './schemes/khqr.ts';
import { lankaqr } from './schemes/lankaqr.ts';
import { mmqr } from './schemes/mmqr.ts';
import { nepalpay } from './schemes/nepalpay.ts';
import { paynow } from './schemes/paynow.ts';
import { pix } from './schemes/pix.ts';
import { promptpay } from './schemes/promptpay.ts';
import { qris } from './schemes/qris.ts';
import { qrph } from './schemes/qrph.ts';
import { raast } from './schemes/raast.ts';
import { sgqr } from './schemes/sgqr.ts';
import { twqr } from './schemes/twqr.ts';
import { unionpay } from './schemes/unionpay.ts';
import { vietqr } from './schemes/vietqr.ts';
import { vnpay } from './schemes/vnpay.ts';

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
export const schemes: readonly Scheme[] = [/* @__PURE__ */ createEmvMpm(emvProfiles), barlinkPayer];

/** The entry that writes a draft. */
export function findWriter(draft: CodeDraft): Scheme | undefined {
  const able = schemes.filter((scheme) => scheme.names.includes(draft.scheme));
  return able.find((scheme) => scheme.presentment === (draft.presentment ?? 'merchant')) ?? able[0];
}
