import type { CodeOf } from '../code.ts';
import type { EmvProfile, FieldsOf } from '../emv/profile.ts';

/** Raast, Pakistan: an IBAN or an alias. */
export const raast = {
  scheme: 'raast',
  title: 'Raast, Pakistan',
  country: 'PK',
  currency: '586',
  templates: [
    { guis: ['pk.raast', 'pk.com.raast'], ids: ['26', '51'], fields: { account: '01', bankCode: '02' } },
  ],
} as const satisfies EmvProfile;

/** What only Raast has. */
export type RaastData = FieldsOf<typeof raast>;

/** A Raast code as `parse` gives it. */
export type RaastCode = CodeOf<'raast', RaastData>;
