import type { AnyCode, CodeDraft, Recognition, Scheme } from '../code.ts';
import { CodeError } from '../error.ts';
import { crc16, crcText } from './crc.ts';
import { treeOfDraft } from './draft.ts';
import { type DataObject, readPayloadObjects, writeObjects } from './objects.ts';
import { createDetector, type EmvProfile, readFields } from './profile.ts';
import { listViolations } from './rules.ts';
import { withoutObject } from './tree.ts';
import { lookUp, MODES, rootText, viewOf } from './view.ts';

const START = /^0002\d\d\d{4}/;

/**
 * EMVCo merchant-presented mode with the given national schemes on top; a payload of none of them is `emv-mpm`.
 * Take only the profiles you need, and only those end up in your bundle.
 */
export function createEmvMpm(profiles: readonly EmvProfile[]): Scheme {
  const detect = createDetector(profiles);
  const networks = networkNames(profiles);
  const byName = new Map(profiles.map((profile) => [profile.scheme, profile]));
  return {
    names: ['emv-mpm', ...byName.keys()],
    presentment: 'merchant',
    recognize: (text) => (START.test(text) ? recognizeEmv(text, detect) : undefined),
    decode: (text) => {
      const tree = readPayloadObjects(text);
      const crc = assertCrc(text, tree);
      return codeOf({ tree, crc, profile: detect(tree), networks });
    },
    encode: (draft) => encodeTree(treeOfDraft(draft, profileOf(byName, draft))),
    validate: (code) => listViolations(code, byName.get(code.scheme)),
  };
}

function networkNames(profiles: readonly EmvProfile[]): (gui: string) => string | undefined {
  const names = new Map<string, string>();
  for (const profile of profiles) {
    const own = profile.templates.filter((template) => !template.foreign);
    for (const gui of own.flatMap((template) => template.guis)) {
      if (!names.has(gui.toLowerCase())) names.set(gui.toLowerCase(), profile.scheme);
    }
  }
  return (gui) => names.get(gui) ?? names.get(gui.toLowerCase());
}

function profileOf(byName: ReadonlyMap<string, EmvProfile>, draft: CodeDraft): EmvProfile | undefined {
  const profile = byName.get(draft.scheme);
  if (!profile && draft.scheme !== 'emv-mpm') {
    throw new CodeError('QR_SCHEME_UNKNOWN', 'no such EMVCo scheme here', { path: 'scheme' });
  }
  return profile;
}

function recognizeEmv(
  text: string,
  detect: (tree: readonly DataObject[]) => EmvProfile | undefined,
): Recognition {
  try {
    const tree = readPayloadObjects(text);
    const mode = lookUp(MODES, rootText(tree, '01')) ?? 'unspecified';
    return { scheme: detect(tree)?.scheme ?? 'emv-mpm', presentment: 'merchant', mode, secret: false };
  } catch {
    return { scheme: 'emv-mpm', presentment: 'merchant', mode: 'unspecified', secret: false };
  }
}

/** The CRC as printed, once it is known to be last, four hex digits and right. Lower case is accepted. */
function assertCrc(text: string, tree: readonly DataObject[]): string {
  const last = tree.at(-1);
  if (last?.id !== '63') {
    throw new CodeError('QR_CRC_MISSING', 'the last object is not the CRC', { path: '63' });
  }
  const crc = 'value' in last ? last.value : '';
  const offset = text.length - crc.length;
  if (!/^[0-9A-Fa-f]{4}$/.test(crc)) {
    throw new CodeError('QR_CRC_MALFORMED', 'the CRC is not four hex digits', { path: '63', offset });
  }
  const computed = crcText(crc16(text, offset));
  if (computed !== crc.toUpperCase()) {
    throw new CodeError('QR_CRC_MISMATCH', `the CRC does not match: ${computed} was computed`, {
      path: '63',
      offset,
    });
  }
  return crc;
}

interface Parts {
  readonly tree: readonly DataObject[];
  readonly crc: string;
  readonly profile: EmvProfile | undefined;
  readonly networks: (gui: string) => string | undefined;
}

function codeOf(parts: Parts): AnyCode {
  const { tree, crc, profile } = parts;
  const view = viewOf(tree, parts.networks);
  const fields = profile ? readFields(profile, tree) : {};
  const reference = profile?.reference ? fields[profile.reference] : view.additional?.referenceLabel;
  const expiry = profile?.expiry?.(fields);
  return {
    scheme: profile?.scheme ?? 'emv-mpm',
    presentment: 'merchant',
    secret: false,
    ...view,
    ...(reference !== undefined && { reference }),
    ...(expiry && { expiry }),
    data: profile?.derive ? { ...fields, ...profile.derive(fields, tree) } : fields,
    tree,
    crc,
  };
}

/** Writes a tree as a payload: the objects in their order, then the CRC computed anew. */
export function encodeTree(tree: readonly DataObject[]): string {
  const body = `${writeObjects(withoutObject(tree, '63'))}6304`;
  return body + crcText(crc16(body));
}
