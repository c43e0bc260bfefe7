import type { CodeOf } from '../code.ts';
import type { EmvProfile, FieldsOf } from '../emv/profile.ts';
import { findTemplate } from '../emv/profile.ts';

const MERCHANT = { guis: ['ph.ppmi.p2m'], ids: ['28', '51'] } as const;
/** Where some wallets print it. */
const MERCHANT_EARLY = { guis: ['ph.ppmi.p2m'], ids: ['26', '27'] } as const;
const MERCHANT_FIELDS = { bic: '01', merchantId: '03', account: '04', proxyNotify: '05' } as const;

/** QR Ph, Philippines: merchants in 28, persons in 27; the bank is named by its 11-character BIC. */
export const qrph = {
  scheme: 'qrph',
  title: 'QR Ph, Philippines',
  country: 'PH',
  currency: '608',
  templates: [
    { ...MERCHANT, fields: MERCHANT_FIELDS },
    { guis: ['com.p2pqrpay'], ids: ['27', '27'], fields: { bic: '01', participantId: '02', account: '04' } },
    { ...MERCHANT_EARLY, fields: MERCHANT_FIELDS },
  ],
  derive: (data, tree) => {
    const merchant =
      findTemplate(tree, { guis: MERCHANT.guis, first: 28, last: 51 }) ??
      findTemplate(tree, { guis: MERCHANT.guis, first: 26, last: 27 });
    data.kind = merchant ? 'p2m' : 'p2p';
  },
} as const satisfies EmvProfile;

/** What only QR Ph has. */
export type QrphData = FieldsOf<typeof qrph> & {
  readonly kind: 'p2m' | 'p2p';
};

/** A QR Ph code as `parse` gives it. */
export type QrphCode = CodeOf<'qrph', QrphData>;
