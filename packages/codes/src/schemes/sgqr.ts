import type { CodeOf } from '../code.ts';
import type { EmvProfile, FieldsOf } from '../emv/profile.ts';
import { guisOf } from '../emv/profile.ts';
import { PAYNOW_TEMPLATE } from './paynow.ts';

/** SGQR, Singapore: one label for many networks, each in its own template; the label's identity is in 51. */
export const sgqr = {
  scheme: 'sgqr',
  title: 'SGQR, Singapore',
  country: 'SG',
  currency: '702',
  templates: [
    {
      guis: ['SG.SGQR'],
      ids: ['51', '51'],
      fields: {
        sgqrId: '01',
        version: '02',
        postalCode: '03',
        level: '04',
        unit: '05',
        miscellaneous: '06',
        versionDate: '07',
      },
    },
    { ...PAYNOW_TEMPLATE, foreign: true },
  ],
  derive: (data, tree) => {
    data.schemes = guisOf(tree);
  },
} as const satisfies EmvProfile;

/** What only SGQR has; the PayNow fields when PayNow is one of the networks. */
export type SgqrData = FieldsOf<typeof sgqr> & {
  /** The GUI of every network in the code. */
  readonly schemes: readonly string[];
};

/** An SGQR code as `parse` gives it. */
export type SgqrCode = CodeOf<'sgqr', SgqrData>;
