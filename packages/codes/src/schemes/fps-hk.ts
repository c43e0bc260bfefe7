import type { CodeOf } from '../code.ts';
import type { EmvProfile, FieldsOf } from '../emv/profile.ts';
import { stampDate } from '../text/dates.ts';

/** FPS, Hong Kong: one proxy (FPS id, mobile or e-mail), with or without the bank's clearing code. */
export const fpsHk = {
  scheme: 'fps-hk',
  title: 'FPS, Hong Kong',
  country: 'HK',
  currency: '344',
  templates: [
    {
      guis: ['hk.com.hkicl'],
      ids: ['26', '51'],
      fields: { bankCode: '01', fpsId: '02', mobile: '03', email: '04', timeout: '05' },
    },
  ],
  expiry: ({ timeout }) => (timeout?.length === 12 ? stampDate(`20${timeout}`, '+08:00') : undefined),
} as const satisfies EmvProfile;

/** What only FPS has. `timeout` is YYMMDDhhmmss in Hong Kong time. */
export type FpsHkData = FieldsOf<typeof fpsHk>;

/** An FPS code as `parse` gives it. */
export type FpsHkCode = CodeOf<'fps-hk', FpsHkData>;
