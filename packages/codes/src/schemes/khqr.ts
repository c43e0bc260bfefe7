import type { CodeOf } from '../code.ts';
import { findObject } from '../emv/objects.ts';
import type { EmvProfile, FieldsOf } from '../emv/profile.ts';
import { guiOf } from '../emv/tree.ts';
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
    const template = findObject(tree, '29') ?? findObject(tree, '30');
    return template !== undefined && guiOf(template)?.includes('@') === true;
  },
  derive: (data, tree) => {
    data.kind = findObject(tree, '29') ? 'individual' : 'merchant';
  },
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
