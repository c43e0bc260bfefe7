import type { CodeOf } from '../code.ts';
import type { EmvProfile, FieldsOf } from '../emv/profile.ts';

/** NepalPay QR and Fonepay, Nepal. Newer Fonepay codes hold a merchant number of 16 digits in 07 alone. */
export const nepalpay = {
  scheme: 'nepalpay',
  title: 'NepalPay, Nepal',
  country: 'NP',
  currency: '524',
  templates: [
    {
      guis: ['nchl.com.np', 'com.nchl', 'nepalpay.com.np', 'NEPALPAY', 'fonepay.com', 'np.com.fonepay'],
      ids: ['26', '51'],
      fields: { merchantId: '01', terminalId: '02', merchantPan: '07' },
    },
  ],
} as const satisfies EmvProfile;

/** What only NepalPay has. */
export type NepalpayData = FieldsOf<typeof nepalpay>;

/** A NepalPay code as `parse` gives it. */
export type NepalpayCode = CodeOf<'nepalpay', NepalpayData>;
