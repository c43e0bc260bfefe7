import type { CodeOf } from '../code.ts';
import type { EmvProfile, FieldsOf } from '../emv/profile.ts';

/**
 * Pix, Brazil (Banco Central, Manual BR Code). A dynamic code's terms are behind its `url`, not in the
 * payload.
 */
export const pix = {
  scheme: 'pix',
  title: 'Pix, Brazil',
  country: 'BR',
  currency: '986',
  templates: [
    {
      guis: ['br.gov.bcb.pix'],
      ids: ['26', '51'],
      fields: { key: '01', description: '02', fss: '03', url: '25' },
    },
    { guis: ['br.gov.bcb.pix'], ids: ['80', '99'], fields: { recurrenceUrl: '25' } },
  ],
  paths: { txid: '62.05' },
  derive: (data) => {
    const { key, url, recurrenceUrl } = data;
    data.pixType = url ? 'dynamic' : key ? 'static' : recurrenceUrl ? 'recurrence' : 'unknown';
  },
  optional: ['54'],
} as const satisfies EmvProfile;

/** What only Pix has. `txid` is `***` when there is none. */
export type PixData = FieldsOf<typeof pix> & {
  readonly pixType: 'static' | 'dynamic' | 'recurrence' | 'unknown';
};

/** A Pix code as `parse` gives it. */
export type PixCode = CodeOf<'pix', PixData>;
