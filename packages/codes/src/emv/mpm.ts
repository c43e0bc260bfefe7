import type { AnyCode, CodeDraft, Recognition, Scheme, Violation } from '../code.ts';
import { CodeError } from '../error.ts';
import { crc16, crcOfBytes, crcText } from './crc.ts';
import { treeOfDraft } from './draft.ts';
import { type DataObject, readPayloadObjects, writeObjects } from './objects.ts';
import { createDetector, type Detector, type EmvProfile, type ReadyProfile, readFields } from './profile.ts';
import { textOf } from './tree.ts';
import { type Utf8Text, utf8Of } from './utf8-text.ts';
import { ViewSink } from './view.ts';

/** `00`, `02`, a version that does not end in 0 (in PAY by square, a 0 stands there), and two digits. */
const START = /^0002.[1-9]\d\d/;

/** Lists the rules a code of a scheme breaks. */
export type EmvRules = (code: AnyCode, profile: EmvProfile | undefined) => Violation[];

/** What `createEmvMpm` does besides reading and writing; what you do not name stays out of your bundle. */
export interface EmvExtras {
  /** The rules for strict reading: `listViolations`. */
  readonly rules?: EmvRules;
  /** A faster way to write most drafts: `createDraftWriter`. */
  readonly createWriter?: (profiles: readonly EmvProfile[]) => DraftWriter;
}

/** Writes a draft, or gives undefined when it is none of those it writes. */
export type DraftWriter = (draft: CodeDraft) => string | undefined;

/**
 * EMVCo merchant-presented mode with the given national schemes on top; a payload of none of them is `emv-
 * mpm`. Take only the profiles you need, and only those end up in your bundle.
 */
export function createEmvMpm(profiles: readonly EmvProfile[], extras: EmvExtras = {}): Scheme {
  const { rules, createWriter } = extras;
  const detector = createDetector(profiles);
  const byName = new Map(profiles.map((profile) => [profile.scheme, profile]));
  const write = createWriter?.(profiles);
  return {
    names: ['emv-mpm', ...byName.keys()],
    presentment: 'merchant',
    recognize: (text) => (START.test(text) ? recognizeEmv(text, detector) : undefined),
    starts: (text) => START.test(text),
    decode: (text) => {
      const payload = utf8Of(text);
      const view = new ViewSink(detector.ownerOf);
      const tree = readPayloadObjects(payload, view);
      const crc = assertCrc(payload, tree);
      return codeOf(view, { tree, crc, ready: detector.profileOf(view, tree) });
    },
    encode: (draft) => write?.(draft) ?? encodeTree(treeOfDraft(draft, profileOf(byName, draft))),
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
  const view = new ViewSink(detector.ownerOf);
  let scheme: string | undefined;
  try {
    scheme = detector.profileOf(view, readPayloadObjects(utf8Of(text), view))?.scheme;
  } catch {
    // What was read before the fault says the mode; the scheme takes the whole.
  }
  return { scheme: scheme ?? 'emv-mpm', presentment: 'merchant', mode: view.mode, secret: false };
}

/** The CRC as printed, once it is known to be last, four hex digits and right. Lower case is accepted. */
function assertCrc({ text, bytes, length }: Utf8Text, tree: readonly DataObject[]): string {
  const last = tree.at(-1);
  if (last?.id !== '63') {
    throw new CodeError('QR_CRC_MISSING', 'the last object is not the CRC', { path: '63' });
  }
  const crc = textOf(last);
  const offset = text.length - crc.length;
  const printed = crc.length === 4 ? hexNumber(bytes, length - 4) : -1;
  if (printed < 0) {
    throw new CodeError('QR_CRC_MALFORMED', 'the CRC is not four hex digits', { path: '63', offset });
  }
  const computed = crcOfBytes(bytes, length - 4);
  if (computed !== printed) {
    throw new CodeError('QR_CRC_MISMATCH', `the CRC does not match: ${crcText(computed)} was computed`, {
      path: '63',
      offset,
    });
  }
  return crc;
}

/** Four hex digits of either case as a number, or -1. */
function hexNumber(bytes: Uint8Array, start: number): number {
  let number = 0;
  for (let at = start; at < start + 4; at++) {
    const byte = bytes[at] as number;
    const lower = byte | 0x20;
    const digit = byte <= 57 ? byte - 48 : lower >= 97 && lower <= 102 ? lower - 87 : -1;
    if (digit < 0) return -1;
    number = number * 16 + digit;
  }
  return number;
}

interface Told {
  readonly tree: readonly DataObject[];
  readonly crc: string;
  readonly ready: ReadyProfile | undefined;
}

function codeOf(view: ViewSink, { tree, crc, ready }: Told): AnyCode {
  const fields = ready ? readFields(ready, tree, view) : {};
  const reference = ready?.reference ? fields[ready.reference] : view.additional?.referenceLabel;
  const profile = ready?.profile;
  const expiry = profile?.expiry?.(fields);
  const { mode, merchant, money, accounts, additional, language, unreserved } = view;
  const scheme = ready?.scheme ?? 'emv-mpm';
  profile?.derive?.(fields, tree);
  const code: { -readonly [Name in keyof AnyCode]: AnyCode[Name] } = {
    scheme,
    presentment: 'merchant',
    mode,
    secret: false,
    merchant,
    money,
    accounts,
    data: fields,
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
