import type { CodeOf } from '../code.ts';
import type { EmvProfile, FieldsOf } from '../emv/profile.ts';

/** The identifier of the unified merchant account template and of the signature templates. */
export const BARLINK_GUI = 'NET.BARLINK';

/**
 * The unified merchant code: an EMVCo payload with our template at 26 and, when signed, the signature in the
 * two templates right before the CRC. spec/codes.md 3.
 */
export const barlink = {
  scheme: 'barlink',
  title: 'Barlink unified merchant code',
  templates: [
    {
      guis: [BARLINK_GUI],
      ids: ['26', '51'],
      fields: { acquirer: '01', merchantId: '02', codeId: '03' },
    },
    { guis: [BARLINK_GUI], ids: ['98', '98'], fields: { keyId: '01', signatureFirst: '02' } },
    { guis: [BARLINK_GUI], ids: ['99', '99'], fields: { signatureRest: '03' } },
  ],
  derive: (data) => {
    data.signed = data.keyId !== undefined;
  },
} as const satisfies EmvProfile;

/** The fields of the unified template. */
export type BarlinkData = FieldsOf<typeof barlink> & {
  /** Whether a signature is present. It says nothing about the signature being right. */
  readonly signed: boolean;
};

/** A unified merchant code as `parse` gives it. */
export type BarlinkCode = CodeOf<'barlink', BarlinkData>;
