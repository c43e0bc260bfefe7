import type { CodeOf } from '../code.ts';
import type { EmvProfile, FieldsOf } from '../emv/profile.ts';

/** DuitNow, Malaysia. Departs from EMVCo: object 00 is "02", object 82 is a hash without a GUI. */
export const duitnow = {
  scheme: 'duitnow',
  title: 'DuitNow, Malaysia',
  country: 'MY',
  currency: '458',
  version: '02',
  templates: [
    { guis: ['A0000006150001'], ids: ['26', '51'], fields: { acquirerId: '01', merchantId: '02' } },
  ],
  optional: ['82'],
} as const satisfies EmvProfile;

/** What only DuitNow has. */
export type DuitnowData = FieldsOf<typeof duitnow>;

/** A DuitNow code as `parse` gives it. */
export type DuitnowCode = CodeOf<'duitnow', DuitnowData>;
