import { readBase64, writeBase64 } from '../binary/base64.ts';
import { type BerNode, readBer, writeBer } from '../binary/ber.ts';
import { fromHex, toHex } from '../binary/hex.ts';
import { readUtf8, writeUtf8 } from '../binary/utf8.ts';
import type { Account, AnyCode, CodeDraft, CodeOf, Scheme, Violation } from '../code.ts';
import type { DataObject, TemplateObject } from '../emv/objects.ts';
import { CodeError } from '../error.ts';
import { filled } from '../text/lines.ts';
import { createFindings } from '../text/violations.ts';

/** How a tag's bytes are shown: hex, text, or digits with a trailing F filled in or not. */
type Form = 'hex' | 'text' | 'digits';

/** Tag to field name and form (EMVCo CPM 1.0, tables 4.2 to 4.5). */
const TAGS: Readonly<Record<string, readonly [string, Form]>> = {
  '4F': ['adfName', 'hex'],
  '50': ['applicationLabel', 'text'],
  '57': ['track2', 'hex'],
  '5A': ['pan', 'digits'],
  '5F20': ['cardholderName', 'text'],
  '5F2D': ['languagePreference', 'text'],
  '5F50': ['issuerUrl', 'text'],
  '9F08': ['applicationVersion', 'hex'],
  '9F19': ['tokenRequestorId', 'digits'],
  '9F24': ['paymentAccountReference', 'text'],
  '9F25': ['lastDigits', 'digits'],
  '63': ['transparent', 'hex'],
  '64': ['transparent', 'hex'],
};
const FORMAT_INDICATOR = 'CPV01';

/**
 * EMVCo consumer-presented codes: base64 of BER-TLV. The payer's card or token is in it, so it is a secret.
 * It is written from its tree when nothing was changed, else from its fields.
 */
export const emvCpm: Scheme = {
  names: ['emv-cpm'],
  presentment: 'consumer',
  recognize: (text) =>
    /^(hQVDUFY|Y[Q-Za-f])[A-Za-z0-9+/]{12,}={0,2}$/.test(text) &&
    (text.startsWith('hQ') || holdsIndicator(text))
      ? { scheme: 'emv-cpm', presentment: 'consumer', mode: 'dynamic', secret: true }
      : undefined,
  decode: (text) => codeOf(treeOfText(text)),
  encode: (draft) => encodeCpm(draft),
  validate: (code) => listViolations(code),
};

/** A code whose parts are in the wrong order is still one, and `validate` says so. */
function holdsIndicator(text: string): boolean {
  const bytes = readBase64(text);
  return bytes !== undefined && toHex(bytes).includes(`8505${toHex(writeUtf8('CPV'))}`);
}

function treeOfText(text: string): readonly DataObject[] {
  const bytes = readBase64(text);
  if (!bytes) throw new CodeError('QR_TEXT_MALFORMED', 'the text is not padded base64');
  return readBer(bytes).map((node) => {
    if (node.tag !== '61' && node.tag !== '62') return { id: node.tag, value: toHex(node.value) };
    const objects = readBer(node.value, `${node.tag}.`).map(({ tag, value }) => ({
      id: tag,
      value: toHex(value),
    }));
    return { id: node.tag, objects };
  });
}

function codeOf(tree: readonly DataObject[]): EmvCpmCode {
  const indicator = tree.find((object) => object.id === '85');
  const applications = tree.filter((object): object is TemplateObject => object.id === '61').map(fieldsOf);
  const commonObject = tree.find((object): object is TemplateObject => object.id === '62');
  const common = commonObject && fieldsOf(commonObject);
  if (applications.length === 0) {
    throw new CodeError('QR_OBJECT_MISSING', 'there is no application template', { path: '61' });
  }
  const pan = panOf([...applications, ...(common ? [common] : [])]);
  return {
    scheme: 'emv-cpm',
    presentment: 'consumer',
    mode: 'dynamic',
    secret: true,
    merchant: {},
    money: {},
    accounts: applications.map(({ adfName }) => accountOf(adfName)),
    data: {
      payloadFormatIndicator: textOfHex(indicator && 'value' in indicator ? indicator.value : ''),
      applications,
      ...(common && { common }),
      aids: applications.map(({ adfName }) => adfName).filter((aid) => aid !== undefined),
      ...filled({ pan, network: networkOf(applications[0]?.adfName) }),
    },
    tree,
  };
}

function fieldsOf(template: TemplateObject): CpmFields {
  const fields: Record<string, unknown> = {};
  const other: Record<string, string> = {};
  for (const object of template.objects) {
    const value = 'value' in object ? object.value : '';
    const [name, form] = TAGS[object.id] ?? [undefined, 'hex'];
    if (name === undefined) other[object.id] = value;
    else
      fields[name] = form === 'text' ? textOfHex(value) : form === 'digits' ? value.replace(/F$/, '') : value;
  }
  const track2Parsed = typeof fields.track2 === 'string' ? readTrack2(fields.track2) : undefined;
  return {
    ...fields,
    ...(track2Parsed && { track2Parsed }),
    ...(Object.keys(other).length > 0 && { other }),
  };
}

function readTrack2(track2: string): CpmTrack2 | undefined {
  const [, pan, expiry, serviceCode, discretionary] = /^(\d{1,19})D(\d{4})(\d{3})(\d*)F?$/.exec(track2) ?? [];
  if (!pan || !expiry || !serviceCode || discretionary === undefined) return undefined;
  return { pan, expiry, serviceCode, discretionary };
}

function panOf(parts: readonly CpmFields[]): string | undefined {
  for (const part of parts) {
    const pan = part.pan ?? part.track2Parsed?.pan;
    if (pan !== undefined) return pan;
  }
  return undefined;
}

function accountOf(adfName: string | undefined): Account {
  return { ...filled({ network: networkOf(adfName) }), value: adfName ?? '' };
}

function networkOf(aid: string | undefined): string | undefined {
  const networks: Readonly<Record<string, string>> = {
    A000000333: 'unionpay',
    A000000003: 'visa',
    A000000004: 'mastercard',
    A000000025: 'amex',
    A000000065: 'jcb',
    A000000152: 'discover',
    A000000602: 'qris',
    A000000615: 'duitnow',
    '4743415348': 'gcash',
  };
  return networks[aid?.slice(0, 10) ?? ''];
}

/** Text of hex bytes; bytes that are not UTF-8 stay hex behind a mark. */
function textOfHex(hex: string): string {
  return readUtf8(fromHex(hex) ?? new Uint8Array()) ?? `0x${hex}`;
}

/** The other way round; a text may begin like that mark too. */
function hexOfText(text: string): string {
  const bytes = text.startsWith('0x') ? fromHex(text.slice(2)) : undefined;
  return bytes && readUtf8(bytes) === undefined ? text.slice(2) : toHex(writeUtf8(text));
}

/** Writes a consumer-presented code from its tree or from its fields. */
export function encodeCpm(draft: CodeDraft): string {
  const data = (draft.data ?? {}) as Partial<EmvCpmData>;
  const kept = draft.tree;
  if (
    kept &&
    kept.length > 0 &&
    (!draft.data || JSON.stringify(codeOf(kept).data) === JSON.stringify(data))
  ) {
    return writeBase64(writeBer(kept.map(nodeOf)));
  }
  const nodes: BerNode[] = [{ tag: '85', value: writeUtf8(data.payloadFormatIndicator ?? FORMAT_INDICATOR) }];
  for (const application of data.applications ?? []) nodes.push(templateOf('61', application));
  if (data.common) nodes.push(templateOf('62', data.common));
  if (nodes.length < 2)
    throw new CodeError('QR_OBJECT_MISSING', 'there is no application', { path: 'data.applications' });
  return writeBase64(writeBer(nodes));
}

function nodeOf(object: DataObject): BerNode {
  const value = 'objects' in object ? writeBer(object.objects.map(nodeOf)) : fromHex(object.value);
  if (!value) throw new CodeError('QR_OBJECT_FORMAT', 'a value is not hex', { path: object.id });
  return { tag: object.id, value };
}

function templateOf(tag: string, fields: CpmFields): BerNode {
  const objects: DataObject[] = [];
  for (const [id, [name, form]] of Object.entries(TAGS)) {
    if (id === (tag === '61' ? '64' : '63')) continue;
    const text = fields[name as keyof CpmFields];
    if (typeof text !== 'string') continue;
    const digits = text.length % 2 === 0 ? text : `${text}F`;
    objects.push({ id, value: form === 'text' ? hexOfText(text) : form === 'digits' ? digits : text });
  }
  for (const [id, value] of Object.entries(fields.other ?? {})) objects.push({ id, value });
  return nodeOf({ id: tag, objects });
}

function listViolations(code: AnyCode): Violation[] {
  const { list, expect } = createFindings();
  const data = code.data as unknown as EmvCpmData;
  const ids = code.tree.map((object) => object.id);
  expect(ids[0] === '85', 'QR_OBJECT_ORDER', '85', 'the format indicator is not the first object');
  expect(
    ids.filter((id) => id === '62').length < 2,
    'QR_OBJECT_DUPLICATE',
    '62',
    'there are two common templates',
  );
  expect(
    data.payloadFormatIndicator === FORMAT_INDICATOR,
    'QR_VERSION_UNKNOWN',
    '85',
    'the format is not CPV01',
  );
  for (const object of code.tree) {
    if (!('objects' in object)) continue;
    const inner = object.objects.map(({ id }) => id);
    const repeated = inner.find((id, index) => inner.indexOf(id) !== index);
    const path = `${object.id}.${repeated ?? ''}`;
    expect(repeated === undefined, 'QR_OBJECT_DUPLICATE', path, 'a primitive object occurs twice');
  }
  for (const application of data.applications) {
    const aid = application.adfName ?? '';
    expect(
      /^([0-9A-F]{2}){5,16}$/.test(aid),
      'QR_OBJECT_FORMAT',
      '61.4F',
      'the ADF name is not 5 to 16 bytes',
    );
    const account = panOf([application, ...(data.common ? [data.common] : [])]);
    expect(account !== undefined, 'QR_OBJECT_MISSING', '61.5A', 'an application has neither PAN nor track 2');
  }
  expect((data.pan ?? '').length <= 20, 'QR_OBJECT_TOO_LONG', 'pan', 'the PAN is longer than ten bytes');
  return list;
}

/** Track 2 equivalent data, taken apart. */
export type CpmTrack2 = {
  readonly pan: string;
  /** YYMM. */
  readonly expiry: string;
  readonly serviceCode: string;
  readonly discretionary: string;
};

/** What an application template or the common template holds. Bytes are upper-case hex. */
export type CpmFields = {
  readonly adfName?: string;
  readonly applicationLabel?: string;
  readonly track2?: string;
  readonly track2Parsed?: CpmTrack2;
  readonly pan?: string;
  readonly cardholderName?: string;
  readonly languagePreference?: string;
  readonly issuerUrl?: string;
  readonly applicationVersion?: string;
  readonly tokenRequestorId?: string;
  readonly paymentAccountReference?: string;
  readonly lastDigits?: string;
  /** The objects of the transparent template, unparsed. */
  readonly transparent?: string;
  /** Tags without a name here, to hex. */
  readonly other?: Readonly<Record<string, string>>;
};

/** What only consumer-presented EMVCo codes have. */
export type EmvCpmData = {
  readonly payloadFormatIndicator: string;
  readonly applications: readonly CpmFields[];
  readonly common?: CpmFields;
  readonly aids: readonly string[];
  /** The network of the first application, when its identifier is known. */
  readonly network?: string;
  /** The first account number found, whole. Never log it. */
  readonly pan?: string;
};

/** A consumer-presented EMVCo code as `parse` gives it. */
export type EmvCpmCode = CodeOf<'emv-cpm', EmvCpmData>;
