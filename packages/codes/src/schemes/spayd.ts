import { crc32 } from '../binary/crc32.ts';
import { writeUtf8 } from '../binary/utf8.ts';
import type { AnyCode, CodeDraft, CodeOf, Scheme, Violation } from '../code.ts';
import { findCurrencyNumber } from '../emv/currencies.ts';
import type { PrimitiveObject } from '../emv/objects.ts';
import { CodeError } from '../error.ts';
import {
  entriesOfDraft,
  fieldsOfEntries,
  type KeyCodec,
  moneyInLetters,
  rawEntry,
  splitEntries,
} from '../keyed/entries.ts';
import { assertIban } from '../text/check-digits.ts';
import { decodePercent } from '../text/percent.ts';
import { createFindings } from '../text/violations.ts';

const START = /^(S[PC]D)\*(\d+\.\d+)\*/;
const codec: KeyCodec = {
  keys: {
    acc: 'data.account',
    'alt-acc': 'data.alternativeAccounts',
    am: 'money.amount',
    cc: 'money.currencyAlpha',
    rf: 'reference',
    rn: 'merchant.name',
    dt: 'data.dueDate',
    pt: 'data.paymentType',
    msg: 'data.message',
    nt: 'data.notifyBy',
    nta: 'data.notifyAddress',
    'x-vs': 'data.variableSymbol',
    'x-ss': 'data.specificSymbol',
    'x-ks': 'data.constantSymbol',
    'x-per': 'data.retryDays',
    'x-id': 'data.payerId',
    'x-url': 'data.url',
    frq: 'data.frequency',
    dl: 'data.lastDate',
    dh: 'data.deathHandling',
  },
  read: decodePercent,
  write: (text) => text.replace(/[%*]|\p{Cc}/gu, (mark) => (mark === '*' ? '%2A' : encodeURIComponent(mark))),
};

/** Short Payment Descriptors, Czech Republic (CBA standard): `SPD` to pay, `SCD` to collect. */
export const spayd: Scheme = {
  names: ['spayd'],
  presentment: 'merchant',
  recognize: (text) =>
    START.test(text)
      ? { scheme: 'spayd', presentment: 'merchant', mode: 'unspecified', secret: false }
      : undefined,
  decode: (text) => decodeSpayd(text),
  encode: (draft) => encodeSpayd(draft),
  validate: (code) => listViolations(code),
};

function decodeSpayd(text: string): SpaydCode {
  const [head = '', kind, version = ''] = START.exec(text) ?? [];
  const tree = splitEntries(text.slice(head.length), { part: '*', is: ':' });
  const { merchant, money, reference, data } = fieldsOfEntries(tree, codec);
  const { account } = data;
  if (!account) throw new CodeError('QR_OBJECT_MISSING', 'the account (ACC) is missing', { path: 'ACC' });
  const [iban = '', bic] = account.split('+');
  assertIban(iban, 'ACC');
  const alternatives = data.alternativeAccounts?.split(',').map((text) => text.split('+')[0] ?? '') ?? [];
  for (const other of alternatives) assertIban(other, 'ALT-ACC');
  const crc = assertCrc(head, tree);
  return {
    scheme: 'spayd',
    presentment: 'merchant',
    mode: 'unspecified',
    secret: false,
    merchant,
    money: moneyInLetters(money.amount, money.currencyAlpha, findCurrencyNumber),
    accounts: [iban, ...alternatives].map((value) => ({ network: 'iban', value })),
    ...(reference !== undefined && { reference }),
    data: {
      ...data,
      account,
      iban,
      ...(bic !== undefined && { bic }),
      ...(alternatives.length > 0 && { alternativeIbans: alternatives }),
      kind: kind === 'SCD' ? 'collection' : 'payment',
      version,
    },
    tree,
    ...(crc !== undefined && { crc }),
  };
}

/** The CRC32 as printed, when there is one and it is right. */
function assertCrc(head: string, entries: readonly PrimitiveObject[]): string | undefined {
  const crc = rawEntry(entries, 'crc32');
  if (crc === undefined) return undefined;
  // The standard does not say whether the canonical text ends with "*"; both are in use.
  const canonical = canonicalText(head, entries);
  const matches = [canonical, canonical.slice(0, -1)].some((text) => crcText(text) === crc.toUpperCase());
  if (!matches) {
    throw new CodeError('QR_CHECKSUM_MISMATCH', 'the CRC32 does not match', { path: 'CRC32' });
  }
  return crc;
}

function canonicalText(head: string, entries: readonly PrimitiveObject[]): string {
  const parts = entries.filter((entry) => entry.id.toUpperCase() !== 'CRC32');
  return (
    head +
    parts
      .map(({ id, value }) => `${id}:${value}*`)
      .sort()
      .join('')
  );
}

function crcText(text: string): string {
  return crc32(writeUtf8(text)).toString(16).toUpperCase().padStart(8, '0');
}

function encodeSpayd(draft: CodeDraft): string {
  const kind = draft.data?.kind === 'collection' ? 'SCD' : 'SPD';
  const version = typeof draft.data?.version === 'string' ? draft.data.version : '1.0';
  const written = entriesOfDraft({ ...draft, data: withAccount(draft.data ?? {}) }, codec);
  const entries = written.map(({ id, value }) => ({ id: id.toUpperCase(), value }));
  const account = rawEntry(entries, 'acc')?.split('+')[0] ?? '';
  assertIban(account, 'data.iban');
  const head = `${kind}*${version}*`;
  const crc = crcText(canonicalText(head, entries));
  const parts = entries.map(({ id, value }) => `${id}:${id === 'CRC32' ? crc : value}`);
  return head + parts.join('*');
}

/** A draft may name the IBAN and BIC in place of the whole account. */
function withAccount(data: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { iban, bic, account, alternativeIbans, alternativeAccounts } = data;
  const accountIban = typeof account === 'string' ? account.split('+')[0] : undefined;
  const alternatives = Array.isArray(alternativeIbans) ? alternativeIbans.join(',') : undefined;
  return {
    ...data,
    account:
      account !== undefined && accountIban === (iban ?? accountIban)
        ? account
        : bic
          ? `${iban}+${bic}`
          : iban,
    alternativeAccounts: alternativeAccounts ?? alternatives,
  };
}

function listViolations(code: AnyCode): Violation[] {
  const { list, expect, expectLength } = createFindings();
  const { amount, currencyAlpha } = code.money;
  const expectForm = (text: unknown, form: RegExp, path: string): void =>
    expect(
      typeof text !== 'string' || form.test(text),
      'QR_OBJECT_FORMAT',
      path,
      `${path} does not have its form`,
    );
  const data = code.data as unknown as SpaydData;
  expect(data.version === '1.0', 'QR_VERSION_UNKNOWN', 'version', 'the version is not 1.0');
  const amountHolds = amount === undefined || /^(?=.{1,10}$)\d+(\.\d{1,2})?$/.test(amount);
  expect(amountHolds, 'QR_AMOUNT_FORMAT', 'AM', 'the amount does not have its form');
  expectForm(currencyAlpha, /^[A-Z]{3}$/, 'CC');
  expectForm(code.reference, /^\d{1,16}$/, 'RF');
  expectLength(code.merchant.name, 35, 'RN');
  expectForm(data.dueDate, /^\d{8}$/, 'DT');
  expectLength(data.paymentType, 3, 'PT');
  expectLength(data.message, 60, 'MSG');
  expectForm(data.notifyBy, /^[PE]$/, 'NT');
  expectForm(data.variableSymbol, /^\d{1,10}$/, 'X-VS');
  expectForm(data.specificSymbol, /^\d{1,10}$/, 'X-SS');
  expectForm(data.constantSymbol, /^\d{1,10}$/, 'X-KS');
  return list;
}

/** What only SPAYD has; attributes not listed stay in the tree. */
export type SpaydData = {
  readonly kind: 'payment' | 'collection';
  readonly version: string;
  /** As printed: IBAN, and `+BIC` when there is one. */
  readonly account: string;
  readonly iban: string;
  readonly bic?: string;
  readonly alternativeAccounts?: string;
  readonly alternativeIbans?: readonly string[];
  readonly dueDate?: string;
  readonly paymentType?: string;
  readonly message?: string;
  readonly notifyBy?: string;
  readonly notifyAddress?: string;
  readonly variableSymbol?: string;
  readonly specificSymbol?: string;
  readonly constantSymbol?: string;
  readonly retryDays?: string;
  readonly payerId?: string;
  readonly url?: string;
  readonly frequency?: string;
  readonly lastDate?: string;
  readonly deathHandling?: string;
};

/** A SPAYD code as `parse` gives it. */
export type SpaydCode = CodeOf<'spayd', SpaydData>;
