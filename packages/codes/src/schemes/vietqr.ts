import type { CodeOf } from '../code.ts';
import type { EmvProfile, FieldsOf } from '../emv/profile.ts';

/**
 * VietQR, Vietnam (NAPAS): bank BIN and account nested in 38.01; the transfer's text is the purpose, 62.08.
 */
export const vietqr = {
  scheme: 'vietqr',
  title: 'VietQR, Vietnam',
  country: 'VN',
  currency: '704',
  templates: [
    {
      guis: ['A000000727'],
      ids: ['38', '38'],
      fields: { bin: '01.00', account: '01.01', service: '02' },
    },
  ],
  paths: { purpose: '62.08' },
  optional: ['52', '59', '60'],
} as const satisfies EmvProfile;

/** What only VietQR has. `service` is QRIBFTTA for an account, QRIBFTTC for a card. */
export type VietqrData = FieldsOf<typeof vietqr>;

/** A VietQR code as `parse` gives it. */
export type VietqrCode = CodeOf<'vietqr', VietqrData>;
