import type { CodeOf } from '../code.ts';
import type { EmvProfile, FieldsOf } from '../emv/profile.ts';
import { rootText } from '../emv/view.ts';

/** BharatQR, India: card PANs in 02-06, IFSC and account in 08, UPI in 26 and its reference in 27. */
export const bharatqr = {
  scheme: 'bharatqr',
  title: 'BharatQR, India',
  country: 'IN',
  currency: '356',
  templates: [
    { guis: ['A000000524'], ids: ['26', '26'], fields: { vpa: '01', minimumAmount: '02' } },
    { guis: ['A000000524'], ids: ['27', '27'], fields: { upiReference: '01', upiUrl: '02' } },
    { guis: ['A000000524'], ids: ['28', '28'], fields: { aadhaar: '01' } },
  ],
  paths: { rupayPan: '06', ifscAccount: '08' },
  match: (tree) => has(tree, '06') || has(tree, '08'),
} as const satisfies EmvProfile;

function has(tree: Parameters<typeof rootText>[0], id: string): boolean {
  return rootText(tree, id) !== undefined;
}

/** What only BharatQR has. `ifscAccount` is the 11-character IFSC and the account number after it. */
export type BharatqrData = FieldsOf<typeof bharatqr>;

/** A BharatQR code as `parse` gives it. */
export type BharatqrCode = CodeOf<'bharatqr', BharatqrData>;
