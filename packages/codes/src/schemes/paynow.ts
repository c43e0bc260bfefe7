import type { CodeOf } from '../code.ts';
import type { EmvProfile, FieldsOf } from '../emv/profile.ts';
import { guisOf } from '../emv/profile.ts';
import { endOfDay, stampDate } from '../text/dates.ts';

/** The PayNow template, which SGQR codes carry beside others. */
export const PAYNOW_TEMPLATE = {
  guis: ['SG.PAYNOW'],
  ids: ['26', '50'],
  fields: { proxyType: '01', proxy: '02', editable: '03', expiry: '04' },
} as const;

/** PayNow, Singapore: a mobile number (proxy type 0) or a UEN (2); the reference is the bill number. */
export const paynow = {
  scheme: 'paynow',
  title: 'PayNow, Singapore',
  country: 'SG',
  currency: '702',
  templates: [PAYNOW_TEMPLATE],
  paths: { billNumber: '62.01' },
  reference: 'billNumber',
  derive: (data, tree) => {
    data.schemes = guisOf(tree);
  },
  expiry: ({ expiry }) => stampDate(expiry ?? '', '+08:00') ?? endOfDay(expiry, '+08:00'),
} as const satisfies EmvProfile;

/** What only PayNow has. `expiry` is a day, or a day and a time (YYYYMMDDhhmmss) in Singapore. */
export type PaynowData = FieldsOf<typeof paynow> & {
  /** The GUI of every network in the code. */
  readonly schemes: readonly string[];
};

/** A PayNow code as `parse` gives it. */
export type PaynowCode = CodeOf<'paynow', PaynowData>;
