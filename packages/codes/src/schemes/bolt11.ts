import { type Bech32, readBech32, textWords, wordsBytes, wordsText, writeBech32 } from '../binary/bech32.ts';
import { toHex } from '../binary/hex.ts';
import { isSignedBy, numberOf, recoverPublicKey } from '../binary/secp256k1.ts';
import { sha256 } from '../binary/sha256.ts';
import { readUtf8, writeUtf8 } from '../binary/utf8.ts';
import type { CodeDraft, CodeOf, Scheme } from '../code.ts';
import type { PrimitiveObject } from '../emv/objects.ts';
import { CodeError } from '../error.ts';

const PREFIX = /^ln(bcrt|bc|tbs|tb|sb)(?:([1-9]\d*)([munp])?)?$/;
const NETWORKS: Readonly<Record<string, string>> = {
  bc: 'bitcoin',
  tb: 'testnet',
  tbs: 'signet',
  sb: 'simnet',
  bcrt: 'regtest',
};
/** Picobitcoins, tenths of a millisatoshi, in one unit. */
const PICOBITCOINS: Readonly<Record<string, bigint>> = {
  '': 10n ** 12n,
  m: 10n ** 9n,
  u: 10n ** 6n,
  n: 10n ** 3n,
  p: 1n,
};
const TIMESTAMP_WORDS = 7;
const SIGNATURE_WORDS = 104;
const EXPIRY_DEFAULT_SECONDS = 3600;

/**
 * Lightning invoices (BOLT 11). The payee's signature is checked while reading. An invoice is written from
 * its
 * tree to the letter: any change needs a new signature, and the payee's key.
 */
export const bolt11: Scheme = {
  names: ['bolt11'],
  presentment: 'merchant',
  recognize: (text) =>
    /^(?:lightning:)?ln(?:bc|tb|sb)[0-9a-z]*1[0-9a-z]{6,}$/i.test(text)
      ? { scheme: 'bolt11', presentment: 'merchant', mode: 'dynamic', secret: false }
      : undefined,
  decode: (text) => decodeInvoice(text.replace(/^lightning:/i, '')),
  encode: (draft) => encodeInvoice(draft),
};

function decodeInvoice(text: string): Bolt11Code {
  const read = readBech32(text);
  if (read?.kind !== 'bech32') {
    throw new CodeError('QR_CHECKSUM_MISMATCH', 'the bech32 checksum does not match');
  }
  const parts = PREFIX.exec(read.prefix);
  if (!parts) throw new CodeError('QR_OBJECT_MALFORMED', 'the prefix is not one of lightning', { offset: 0 });
  if (read.words.length < TIMESTAMP_WORDS + SIGNATURE_WORDS) {
    throw new CodeError('QR_SIGNATURE_MISSING', 'the invoice is too short to hold a signature');
  }
  const picobitcoins = amountOf(parts[2], parts[3] ?? '');
  const fields = fieldsOf(read.words.slice(TIMESTAMP_WORDS, -SIGNATURE_WORDS));
  const payee = assertSignature(read, fields);
  const timestamp = numberOfWords(read.words.slice(0, TIMESTAMP_WORDS));
  const expirySeconds = fields.x ? numberOfWords(fields.x) : EXPIRY_DEFAULT_SECONDS;
  const message = fields.d && readUtf8(wordsBytes(fields.d, 'drop') ?? new Uint8Array());
  const paymentHash = hexOf(fields.p, 52);
  const descriptionHash = hexOf(fields.h, 52);
  const paymentSecret = hexOf(fields.s, 52);
  if (!paymentHash) throw new CodeError('QR_OBJECT_MISSING', 'the payment hash is missing', { path: 'p' });
  return {
    scheme: 'bolt11',
    presentment: 'merchant',
    mode: 'dynamic',
    secret: false,
    merchant: {},
    money: { ...(picobitcoins !== undefined && { amount: inBitcoin(picobitcoins) }), currencyAlpha: 'BTC' },
    accounts: [{ network: 'lightning', value: payee }],
    expiry: new Date(Math.min((timestamp + expirySeconds) * 1000, 8.64e15)),
    data: {
      network: NETWORKS[parts[1] ?? ''] ?? '',
      payee,
      paymentHash,
      timestamp,
      timestampString: new Date(timestamp * 1000).toISOString(),
      expirySeconds,
      ...(picobitcoins !== undefined && { millisatoshis: String(picobitcoins / 10n) }),
      ...(message !== undefined && { message }),
      ...(descriptionHash && { descriptionHash }),
      ...(paymentSecret && { paymentSecret }),
    },
    tree: treeOf(read),
  };
}

function amountOf(digits: string | undefined, unit: string): bigint | undefined {
  if (digits === undefined) return undefined;
  const picobitcoins = BigInt(digits) * (PICOBITCOINS[unit] ?? 0n);
  if (picobitcoins % 10n !== 0n) {
    throw new CodeError('QR_AMOUNT_FORMAT', 'the amount is finer than a millisatoshi', { offset: 4 });
  }
  return picobitcoins;
}

/** Tagged fields by their letter; the first of a letter counts (BOLT 11 allows repetition of some). */
function fieldsOf(words: readonly number[]): Readonly<Record<string, readonly number[]>> {
  const fields: Record<string, readonly number[]> = {};
  for (const { tag, words: value } of listFields(words)) fields[tag] ??= value;
  return fields;
}

function listFields(words: readonly number[]): { readonly tag: string; readonly words: readonly number[] }[] {
  const fields = [];
  for (let at = 0; at < words.length; ) {
    const [tag = 0, high = 0, low = 0] = words.slice(at, at + 3);
    const end = at + 3 + high * 32 + low;
    if (at + 3 > words.length || end > words.length) {
      throw new CodeError('QR_OBJECT_TRUNCATED', 'a tagged field ends after the text does', {
        path: wordsText([tag]),
      });
    }
    fields.push({ tag: wordsText([tag]), words: words.slice(at + 3, end) });
    at = end;
  }
  return fields;
}

/** The payee's public key, once the signature is known to be its. */
function assertSignature(read: Bech32, fields: Readonly<Record<string, readonly number[]>>): string {
  const signed = wordsBytes(read.words.slice(0, -SIGNATURE_WORDS), 'fill') ?? new Uint8Array();
  const prefix = writeUtf8(read.prefix);
  const message = new Uint8Array(prefix.length + signed.length);
  message.set(prefix);
  message.set(signed, prefix.length);
  const hash = sha256(message);
  const bytes = wordsBytes(read.words.slice(-SIGNATURE_WORDS), 'strict') ?? new Uint8Array();
  const signature = {
    r: numberOf(bytes.slice(0, 32)),
    s: numberOf(bytes.slice(32, 64)),
    recovery: bytes[64] ?? 4,
  };
  const named = hexOf(fields.n, 53)?.toLowerCase();
  const payee = named ?? recoverPublicKey(hash, signature);
  if (payee === undefined || (named !== undefined && !isSignedBy(named, hash, signature))) {
    throw new CodeError('QR_SIGNATURE_INVALID', 'the signature is not the payee’s', { path: 'signature' });
  }
  return payee;
}

function hexOf(words: readonly number[] | undefined, length: number): string | undefined {
  if (words?.length !== length) return undefined;
  return toHex(wordsBytes(words, 'drop') ?? new Uint8Array()).toLowerCase();
}

function numberOfWords(words: readonly number[]): number {
  return Number(words.reduce((number, word) => number * 32n + BigInt(word), 0n));
}

/** Picobitcoins as a decimal number of bitcoins. */
function inBitcoin(picobitcoins: bigint): string {
  const digits = picobitcoins.toString().padStart(13, '0');
  return `${digits.slice(0, -12)}.${digits.slice(-12)}`.replace(/\.?0+$/, '');
}

function treeOf(read: Bech32): PrimitiveObject[] {
  const fields = listFields(read.words.slice(TIMESTAMP_WORDS, -SIGNATURE_WORDS));
  return [
    { id: 'prefix', value: read.prefix },
    { id: 'timestamp', value: wordsText(read.words.slice(0, TIMESTAMP_WORDS)) },
    ...fields.map(({ tag, words }) => ({ id: tag, value: wordsText(words) })),
    { id: 'signature', value: wordsText(read.words.slice(-SIGNATURE_WORDS)) },
  ];
}

function encodeInvoice(draft: CodeDraft): string {
  const [prefix, timestamp, ...rest] = (draft.tree ?? []) as readonly PrimitiveObject[];
  const signature = rest.pop();
  if (prefix?.id !== 'prefix' || timestamp?.id !== 'timestamp' || signature?.id !== 'signature') {
    throw new CodeError('QR_WRITE_UNSUPPORTED', 'an invoice is written from its tree only', { path: 'tree' });
  }
  const words = [...(textWords(timestamp.value) ?? [])];
  for (const field of rest) {
    const value = textWords(field.value) ?? [];
    words.push(...(textWords(field.id) ?? []), value.length >> 5, value.length & 31, ...value);
  }
  const text = writeBech32(prefix.value, [...words, ...(textWords(signature.value) ?? [])]);
  const read = decodeInvoice(text);
  const isSame = draft.money?.amount === undefined || draft.money.amount === read.money.amount;
  if (!isSame) {
    throw new CodeError('QR_SIGNATURE_INVALID', 'a changed invoice needs a new signature', { path: 'money' });
  }
  return text;
}

/** What only lightning invoices have. Keys and hashes are lower-case hex. */
export type Bolt11Data = {
  readonly network: string;
  /** The payee's public key: named by the invoice, or recovered from the signature. */
  readonly payee: string;
  readonly paymentHash: string;
  /** Unix seconds, and the same instant in ISO 8601. */
  readonly timestamp: number;
  readonly timestampString: string;
  readonly expirySeconds: number;
  readonly millisatoshis?: string;
  readonly message?: string;
  readonly descriptionHash?: string;
  readonly paymentSecret?: string;
};

/** A lightning invoice as `parse` gives it. */
export type Bolt11Code = CodeOf<'bolt11', Bolt11Data>;
