import type { CodeOf } from '../code.ts';
import type { EmvProfile, FieldsOf } from '../emv/profile.ts';
import { findText } from '../emv/tree.ts';
import { rootText } from '../emv/view.ts';
import { millisecondsDate } from '../text/dates.ts';

/**
 * KHQR, Cambodia (Bakong). The account `name@bank` stands where the GUI should be, in 29 for a person and
 * 30 for
 * a merchant; the times of a dynamic code are Unix milliseconds in 99.
 */
export const khqr = {
  scheme: 'khqr',
  title: 'KHQR, Cambodia',
  country: 'KH',
  currency: '116',
  templates: [
    {
      guis: [],
      ids: ['29', '29'],
      fields: { accountId: '00', accountInformation: '01', acquiringBank: '02' },
    },
    { guis: [], ids: ['30', '30'], fields: { accountId: '00', merchantId: '01', acquiringBank: '02' } },
  ],
  paths: { createdAt: '99.00', expiresAt: '99.01' },
  match: (tree) => {
    const account = findText(tree, '29.00') ?? findText(tree, '30.00');
    return account?.includes('@') === true;
  },
  derive: (_fields, tree) => ({ kind: rootText(tree, '29') === undefined ? 'merchant' : 'individual' }),
  expiry: ({ expiresAt }) => millisecondsDate(expiresAt),
  exponents: { '116': 0 },
  optional: ['99'],
} as const satisfies EmvProfile;

/** What only KHQR has. Times are Unix milliseconds as printed. */
export type KhqrData = FieldsOf<typeof khqr> & {
  readonly kind: 'individual' | 'merchant';
};

/** A KHQR code as `parse` gives it. */
export type KhqrCode = CodeOf<'khqr', KhqrData>;
