import type { CodeDraft, Scheme } from './code.ts';
import { createEmvMpm } from './emv/mpm.ts';
import type { EmvProfile } from './emv/profile.ts';
import { barlink } from './schemes/barlink.ts';
import { barlinkPayer } from './schemes/barlink-payer.ts';

/** National schemes on EMVCo MPM. A payload with several networks is the first one listed here. */
export const emvProfiles: readonly EmvProfile[] = [barlink];

/** Every scheme, in the order a text is tried against them: the unmistakable first. */
export const schemes: readonly Scheme[] = [/* @__PURE__ */ createEmvMpm(emvProfiles), barlinkPayer];

/** The entry that writes a draft. */
export function findWriter(draft: CodeDraft): Scheme | undefined {
  const able = schemes.filter((scheme) => scheme.names.includes(draft.scheme));
  return able.find((scheme) => scheme.presentment === (draft.presentment ?? 'merchant')) ?? able[0];
}
