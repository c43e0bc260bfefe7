import type { CodeOf } from '../code.ts';
import type { EmvProfile, FieldsOf } from '../emv/profile.ts';

/** VNPAY, Vietnam: a merchant code in 26. */
export const vnpay = {
  scheme: 'vnpay',
  title: 'VNPAY, Vietnam',
  country: 'VN',
  currency: '704',
  templates: [{ guis: ['A000000775'], ids: ['26', '51'], fields: { merchantCode: '01' } }],
} as const satisfies EmvProfile;

/** What only VNPAY has. */
export type VnpayData = FieldsOf<typeof vnpay>;

/** A VNPAY code as `parse` gives it. */
export type VnpayCode = CodeOf<'vnpay', VnpayData>;
