import type { AnyCode, CodeDraft, Recognition, Scheme, SchemeFields, Violation } from '../code.ts';
import { CodeError } from '../error.ts';
import { crc16, crcOfBytes, crcText } from './crc.ts';
import { treeOfDraft } from './draft.ts';
import { type DataObject, readPayloadObjects, writeObjects } from './objects.ts';
import { createDetector, type Detector, type EmvProfile, readFields } from './profile.ts';
import { type Utf8Text, utf8Of } from './utf8-text.ts';
import { viewOf } from './view.ts';

/** `00`, `02`, two digits, and the two digits of another id: what every payload starts with. */
function startsLikeEmv(text: string): boolean {
  if (!text.startsWith('0002')) return false;
  for (let at = 4; at < 10; at++) {
    const digit = text.charCodeAt(at) - 48;
    if (!(digit >= 0 && digit <= 9)) return false;
  }
  return true;
}

/** Lists the rules a code of a scheme breaks. */
export type EmvRules = (code: AnyCode, profile: EmvProfile | undefined) => Violation[];

/**
 * EMVCo merchant-presented mode with the given national schemes on top; a payload of none of them is `emv-
 * mpm`.
 * Take only the profiles you need, and only those end up in your bundle; so do the rules for strict reading,
 * `listViolations`.
 */
export function createEmvMpm(profiles: readonly EmvProfile[], rules?: EmvRules): Scheme {
  const detector = createDetector(profiles);
  const byName = new Map(profiles.map((profile) => [profile.scheme, profile]));
  return {
    names: ['emv-mpm', ...byName.keys()],
    presentment: 'merchant',
    recognize: (text) => (startsLikeEmv(text) ? recognizeEmv(text, detector) : undefined),
    starts: startsLikeEmv,
    decode: (text) => {
      const payload = utf8Of(text);
      const tree = readPayloadObjects(payload);
      const crc = assertCrc(payload, tree);
      return codeOf(tree, crc, detector);
    },
    encode: (draft) => encodeTree(treeOfDraft(draft, profileOf(byName, draft))),
    ...(rules && { validate: (code) => rules(code, byName.get(code.scheme)) }),
  };
}

function profileOf(byName: ReadonlyMap<string, EmvProfile>, draft: CodeDraft): EmvProfile | undefined {
  const profile = byName.get(draft.scheme);
  if (!profile && draft.scheme !== 'emv-mpm') {
    throw new CodeError('QR_SCHEME_UNKNOWN', 'no such EMVCo scheme here', { path: 'scheme' });
  }
  return profile;
}

function recognizeEmv(text: string, detector: Detector): Recognition {
  try {
    const tree = readPayloadObjects(utf8Of(text));
    const view = viewOf(tree, detector.networkOf);
    const scheme = detector.profileOf(view, tree)?.scheme ?? 'emv-mpm';
    return { scheme, presentment: 'merchant', mode: view.mode, secret: false };
  } catch {
    return { scheme: 'emv-mpm', presentment: 'merchant', mode: 'unspecified', secret: false };
  }
}

/** The CRC as printed, once it is known to be last, four hex digits and right. Lower case is accepted. */
function assertCrc({ text, bytes, length }: Utf8Text, tree: readonly DataObject[]): string {
  const last = tree.at(-1);
  if (last?.id !== '63') {
    throw new CodeError('QR_CRC_MISSING', 'the last object is not the CRC', { path: '63' });
  }
  const crc = 'value' in last ? last.value : '';
  const offset = text.length - crc.length;
  const printed = hexNumber(crc);
  if (printed < 0) {
    throw new CodeError('QR_CRC_MALFORMED', 'the CRC is not four hex digits', { path: '63', offset });
  }
  const computed = crcOfBytes(bytes, length - crc.length);
  if (computed !== printed) {
    throw new CodeError('QR_CRC_MISMATCH', `the CRC does not match: ${crcText(computed)} was computed`, {
      path: '63',
      offset,
    });
  }
  return crc;
}

/** Four hex digits of either case as a number, or -1. */
function hexNumber(text: string): number {
  let number = text.length === 4 ? 0 : -1;
  for (let at = 0; number >= 0 && at < 4; at++) {
    const unit = text.charCodeAt(at);
    const lower = unit | 0x20;
    const digit = unit <= 57 ? unit - 48 : lower >= 97 && lower <= 102 ? lower - 87 : -1;
    number = digit < 0 ? -1 : number * 16 + digit;
  }
  return number;
}

function codeOf(tree: readonly DataObject[], crc: string, detector: Detector): AnyCode {
  const view = viewOf(tree, detector.networkOf);
  const profile = detector.profileOf(view, tree);
  const fields = profile ? readFields(profile, tree) : {};
  const reference = profile?.reference ? fields[profile.reference] : view.additional?.referenceLabel;
  const expiry = profile?.expiry?.(fields);
  const { mode, merchant, money, accounts, additional, language, unreserved } = view;
  const scheme = profile?.scheme ?? 'emv-mpm';
  const data: Record<string, unknown> = fields;
  const derived = profile?.derive?.(fields, tree) as SchemeFields | undefined;
  for (const name in derived) data[name] = derived[name];
  const code: { -readonly [Name in keyof AnyCode]: AnyCode[Name] } = {
    scheme,
    presentment: 'merchant',
    mode,
    secret: false,
    merchant,
    money,
    accounts,
    data,
    tree,
    crc,
  };
  if (reference !== undefined) code.reference = reference;
  if (expiry) code.expiry = expiry;
  if (additional) code.additional = additional;
  if (language) code.language = language;
  if (unreserved) code.unreserved = unreserved;
  return code;
}

/** Writes a tree as a payload: the objects in their order, then the CRC computed anew. */
export function encodeTree(tree: readonly DataObject[]): string {
  const isClosed = tree.at(-1)?.id === '63';
  const body = `${writeObjects(isClosed ? tree.slice(0, -1) : tree)}6304`;
  return body + crcText(crc16(body));
}
