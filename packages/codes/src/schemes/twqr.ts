import type { CodeOf } from '../code.ts';
import type { EmvProfile, FieldsOf } from '../emv/profile.ts';
import { rootText } from '../emv/view.ts';

/** TWQR, Taiwan, on EMVCo: the TWQRP data in 35, or only card accounts in New Taiwan dollars. */
export const twqr = {
  scheme: 'twqr',
  title: 'TWQR, Taiwan',
  country: 'TW',
  currency: '901',
  templates: [{ guis: ['tw.com.twqrp'], ids: ['35', '35'], fields: { data: '01' } }],
  match: (tree) => rootText(tree, '53') === '901',
} as const satisfies EmvProfile;

/** What only TWQR has. */
export type TwqrData = FieldsOf<typeof twqr>;

/** A TWQR code as `parse` gives it. */
export type TwqrCode = CodeOf<'twqr', TwqrData>;
