import type { CodeOf } from '../code.ts';
import type { EmvProfile, FieldsOf } from '../emv/profile.ts';
import { findText } from '../emv/tree.ts';

/** LANKAQR, Sri Lanka: a 28-character number (bank and merchant) stands where the GUI should be. */
export const lankaqr = {
  scheme: 'lankaqr',
  title: 'LANKAQR, Sri Lanka',
  country: 'LK',
  currency: '144',
  templates: [{ guis: [], ids: ['26', '26'], fields: { merchantAccount: '00' } }],
  match: (tree) => /^\d{28}$/.test(findText(tree, '26.00') ?? ''),
} as const satisfies EmvProfile;

/** What only LANKAQR has. */
export type LankaqrData = FieldsOf<typeof lankaqr>;

/** A LANKAQR code as `parse` gives it. */
export type LankaqrCode = CodeOf<'lankaqr', LankaqrData>;
