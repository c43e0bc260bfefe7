import type { CodeOf } from '../code.ts';
import type { EmvProfile, FieldsOf } from '../emv/profile.ts';

/** MMQR, Myanmar. */
export const mmqr = {
  scheme: 'mmqr',
  title: 'MMQR, Myanmar',
  country: 'MM',
  currency: '104',
  templates: [
    {
      guis: ['mm.com.mmqr', 'com.mmqrpay', 'com.mmqrpay.www'],
      ids: ['26', '51'],
      fields: { acquirerId: '01', merchantId: '02' },
    },
  ],
} as const satisfies EmvProfile;

/** What only MMQR has. */
export type MmqrData = FieldsOf<typeof mmqr>;

/** An MMQR code as `parse` gives it. */
export type MmqrCode = CodeOf<'mmqr', MmqrData>;
