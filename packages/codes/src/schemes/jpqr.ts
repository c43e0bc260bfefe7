import type { CodeOf } from '../code.ts';
import type { EmvProfile, FieldsOf } from '../emv/profile.ts';

/** JPQR, Japan: four levels of identification in 26. */
export const jpqr = {
  scheme: 'jpqr',
  title: 'JPQR, Japan',
  country: 'JP',
  currency: '392',
  templates: [
    {
      guis: ['jp.or.paymentsjapan'],
      ids: ['26', '51'],
      fields: { lv1: '01', lv2: '02', lv3: '03', lv4: '04' },
    },
  ],
} as const satisfies EmvProfile;

/** What only JPQR has. */
export type JpqrData = FieldsOf<typeof jpqr>;

/** A JPQR code as `parse` gives it. */
export type JpqrCode = CodeOf<'jpqr', JpqrData>;
