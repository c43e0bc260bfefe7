import type { CodeOf } from '../code.ts';
import type { EmvProfile, FieldsOf } from '../emv/profile.ts';
import { rootText } from '../emv/view.ts';

const ACQUIRER_FIELDS = { mpan: '01', merchantId: '02', criteria: '03' } as const;

/**
 * QRIS, Indonesia. Each acquirer has its own GUI in 26-45, told by the 9360 of its merchant PAN; the national
 * template stands in 51, under `ID.OR.GPNQR.WWW` in older codes.
 */
export const qris = {
  scheme: 'qris',
  title: 'QRIS, Indonesia',
  country: 'ID',
  currency: '360',
  templates: [
    { guis: [], ids: ['26', '45'], where: ['01', '9360'], fields: ACQUIRER_FIELDS },
    {
      guis: ['ID.CO.QRIS.WWW', 'ID.OR.GPNQR.WWW'],
      ids: ['51', '51'],
      fields: { nmid: '02', criteria: '03' },
    },
  ],
  match: (tree) => tree.some((object) => object.id >= '26' && object.id <= '45' && hasMerchantPan(object)),
} as const satisfies EmvProfile;

function hasMerchantPan(object: Parameters<NonNullable<EmvProfile['match']>>[0][number]): boolean {
  return 'objects' in object && (rootText(object.objects, '01') ?? '').startsWith('9360');
}

/** What only QRIS has. */
export type QrisData = FieldsOf<typeof qris>;

/** A QRIS code as `parse` gives it. */
export type QrisCode = CodeOf<'qris', QrisData>;
