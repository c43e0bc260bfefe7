import type { Mode } from './code.ts';
import { treeOfDraft } from './emv/draft.ts';
import { createEmvMpm, encodeTree } from './emv/mpm.ts';
import { type DataObject, writeObjects } from './emv/objects.ts';
import { findText } from './emv/tree.ts';
import { CodeError } from './error.ts';
import { BARLINK_GUI, type BarlinkData, barlink } from './schemes/barlink.ts';

/** What a unified merchant code says, in the words of the switch and the SDK. */
export interface MerchantCode {
  /** Six digits. */
  readonly acquirer: string;
  /** 1 to 15 of A-Z, 0-9 and `-`. */
  readonly merchantId: string;
  /** 16 characters of Crockford base32: 48 bits of milliseconds, 32 random bits. */
  readonly codeId: string;
  /** 1 to 25 printable ASCII characters. */
  readonly name: string;
  /** 1 to 15 printable ASCII characters. */
  readonly city: string;
  /** Merchant category code, four digits. */
  readonly category: string;
  /** ISO 3166 alpha-2. */
  readonly country: string;
  /** ISO 4217 numeric, three digits. */
  readonly currency: string;
  /** `dynamic` codes are paid once and must carry an amount. */
  readonly mode: 'static' | 'dynamic';
  /** Decimal string over zero, without leading zeros; absent when the payer types it. */
  readonly amount?: string;
  /** 1 to 25 characters (object 62.05). */
  readonly reference?: string;
  /** Which store of the merchant: 1 to 25 printable ASCII characters (object 62.03). */
  readonly store?: string;
  /** Which till or table of the store: 1 to 25 printable ASCII characters (object 62.07). */
  readonly terminal?: string;
}

/** The signature of a unified code, still as text. */
export interface CodeSignature {
  /** The first 8 characters of the key's RFC 7638 thumbprint. */
  readonly keyId: string;
  /** 64 raw bytes (r then s) in base45: 96 characters. */
  readonly signature: string;
}

/** A signed payload taken apart. */
export interface SignedPayload extends CodeSignature {
  /** The exact text whose UTF-8 bytes are signed: everything before object 98. */
  readonly signedText: string;
}

const FORMS: Readonly<Record<keyof MerchantCode, RegExp>> = {
  acquirer: /^\d{6}$/,
  merchantId: /^[A-Z0-9-]{1,15}$/,
  codeId: /^[0-9A-HJKMNP-TV-Z]{16}$/,
  name: /^[\x20-\x7e]{1,25}$/,
  city: /^[\x20-\x7e]{1,15}$/,
  category: /^\d{4}$/,
  country: /^[A-Z]{2}$/,
  currency: /^\d{3}$/,
  mode: /^(static|dynamic)$/,
  amount: /^(?=.{1,13}$)(?=.*[1-9])(?:0|[1-9]\d*)(?:\.\d+)?$/,
  reference: /^[\x20-\x7e]{1,25}$/,
  store: /^[\x20-\x7e]{1,25}$/,
  terminal: /^[\x20-\x7e]{1,25}$/,
};
const OPTIONAL: readonly string[] = ['amount', 'reference', 'store', 'terminal'];
const SIGNATURE_FORM = /^[0-9A-Z $%*+\-./:]{96}$/;
const KEY_ID_FORM = /^[A-Za-z0-9_-]{8}$/;
/** 99 characters less the GUI (15), the key id (12) and the part's own id and length (4). */
const FIRST_PART_CHARACTERS = 68;

const emv = /* @__PURE__ */ createEmvMpm([barlink]);

/**
 * Writes an unsigned unified merchant code.
 *
 * @throws CodeError QR_OBJECT_FORMAT, QR_OBJECT_MISSING (`path` names the field)
 */
export function encodeMerchantCode(code: MerchantCode): string {
  assertForms(code);
  const { acquirer, merchantId, codeId, reference, store, terminal } = code;
  const additional = {
    ...(store !== undefined && { storeLabel: store }),
    ...(terminal !== undefined && { terminalLabel: terminal }),
  };
  const tree = treeOfDraft(
    {
      scheme: 'barlink',
      mode: code.mode,
      merchant: { name: code.name, city: code.city, category: code.category, country: code.country },
      money: { currency: code.currency, ...(code.amount !== undefined && { amount: code.amount }) },
      additional,
      ...(reference !== undefined && { reference }),
      data: { acquirer, merchantId, codeId },
    },
    barlink,
  );
  return encodeTree(tree);
}

/**
 * Reads a unified merchant code, signed or not; every field is checked, the signature is not.
 *
 * @throws CodeError QR_SCHEME_UNKNOWN when it is another scheme's code, QR_OBJECT_FORMAT, QR_OBJECT_MISSING,
 *   QR_OBJECT_DUPLICATE (two unified templates) and what reading any payload throws (`QR_CRC_MISMATCH` ...)
 */
export function decodeMerchantCode(text: string): MerchantCode {
  const read = emv.decode(text);
  if (read.scheme !== 'barlink') {
    throw new CodeError('QR_SCHEME_UNKNOWN', 'this is not a unified merchant code', { path: '26' });
  }
  const templates = read.accounts.filter((account) => account.network === 'barlink');
  if (templates.length > 1) {
    throw new CodeError('QR_OBJECT_DUPLICATE', 'there are two unified templates', {
      path: templates[1]?.id ?? '',
    });
  }
  const { acquirer, merchantId, codeId } = read.data as Partial<BarlinkData>;
  const { name, city, category, country } = read.merchant;
  const { currency, amount } = read.money;
  const fields = { acquirer, merchantId, codeId, name, city, category, country, currency, amount };
  const mode: Mode = read.mode;
  const { storeLabel: store, terminalLabel: terminal } = read.additional ?? {};
  const code = { ...fields, mode, reference: read.reference, store, terminal };
  assertForms(code);
  const present = Object.entries(code).filter(([, value]) => value !== undefined);
  return Object.fromEntries(present) as unknown as MerchantCode;
}

function assertForms(code: { readonly [Name in keyof MerchantCode]: unknown } | MerchantCode): void {
  for (const name of Object.keys(FORMS) as (keyof MerchantCode)[]) {
    const value = code[name];
    if (value === undefined) {
      if (OPTIONAL.includes(name)) continue;
      throw new CodeError('QR_OBJECT_MISSING', `${name} is missing`, { path: name });
    }
    if (typeof value !== 'string' || !FORMS[name].test(value)) {
      throw new CodeError('QR_OBJECT_FORMAT', `${name} does not have its form`, { path: name });
    }
  }
  if (code.mode === 'dynamic' && code.amount === undefined) {
    throw new CodeError('QR_OBJECT_MISSING', 'a dynamic code carries its amount', { path: 'amount' });
  }
}

/**
 * The text a signature covers, whether the payload is signed already or is about to be: everything before
 * object 98, or before the CRC. Sign its UTF-8 bytes.
 *
 * @throws CodeError what reading a payload throws; QR_SIGNATURE_MALFORMED
 */
export function signedPart(payload: string): string {
  const tree = emv.decode(payload).tree;
  if (findText(tree, '98') === undefined) return payload.slice(0, -8);
  return signedTextOf(payload, tree);
}

/**
 * Takes a signed payload apart, or `undefined` when it is not signed.
 *
 * @throws CodeError what reading a payload throws; QR_SIGNATURE_MALFORMED when the templates are there but
 * not
 *   as spec/codes.md 3.2 lays them out
 */
export function findSignature(payload: string): SignedPayload | undefined {
  const tree = emv.decode(payload).tree;
  const head = tree.find((object) => object.id === '98');
  const rest = tree.find((object) => object.id === '99');
  if (!isOurs(head) && !isOurs(rest)) return undefined;
  const signedText = signedTextOf(payload, tree);
  const keyId = findText(tree, '98.01') ?? '';
  const signature = (findText(tree, '98.02') ?? '') + (findText(tree, '99.03') ?? '');
  if (!isOurs(head) || !isOurs(rest) || !KEY_ID_FORM.test(keyId) || !SIGNATURE_FORM.test(signature)) {
    throw malformed('the signature templates do not hold a key id and 96 characters of base45');
  }
  return { keyId, signature, signedText };
}

/**
 * Puts a signature into an unsigned payload and computes the CRC anew.
 *
 * @throws CodeError QR_SIGNATURE_PRESENT, QR_SIGNATURE_MALFORMED and what reading a payload throws
 */
export function attachSignature(payload: string, signature: CodeSignature): string {
  const tree = emv.decode(payload).tree;
  if (tree.some((object) => object.id >= '98')) {
    throw new CodeError('QR_SIGNATURE_PRESENT', 'objects 98 and 99 are taken', { path: '98' });
  }
  if (!KEY_ID_FORM.test(signature.keyId)) throw malformed('a key id is 8 base64url characters');
  if (!SIGNATURE_FORM.test(signature.signature)) throw malformed('a signature is 96 characters of base45');
  const gui = { id: '00', value: BARLINK_GUI };
  const first = signature.signature.slice(0, FIRST_PART_CHARACTERS);
  const rest = signature.signature.slice(FIRST_PART_CHARACTERS);
  const head = [gui, { id: '01', value: signature.keyId }, { id: '02', value: first }];
  const body = tree.filter((object) => object.id !== '63');
  return encodeTree([
    ...body,
    { id: '98', objects: head },
    { id: '99', objects: [gui, { id: '03', value: rest }] },
  ]);
}

/** A copy of a tree without our signature: what changing a signed code leaves. */
export function withoutSignature(tree: readonly DataObject[]): readonly DataObject[] {
  return tree.filter((object) => !(object.id >= '98' && isOurs(object)));
}

function isOurs(object: DataObject | undefined): boolean {
  return (
    object !== undefined &&
    'objects' in object &&
    findText(object.objects, '00')?.toUpperCase() === BARLINK_GUI
  );
}

/** The signature stands right before the CRC: 98, 99, 63. */
function signedTextOf(payload: string, tree: readonly DataObject[]): string {
  const [head, rest, crc] = tree.slice(-3);
  if (head?.id !== '98' || rest?.id !== '99' || crc?.id !== '63') {
    throw malformed('the signature does not stand right before the CRC');
  }
  return payload.slice(0, -writeObjects([head, rest, crc]).length);
}

function malformed(message: string): CodeError {
  return new CodeError('QR_SIGNATURE_MALFORMED', message, { path: '98' });
}
