import type { AnyCode, CodeDraft, CodeOf, Scheme, Violation } from '../code.ts';
import { findCurrencyNumber } from '../emv/currencies.ts';
import { CodeError } from '../error.ts';
import { moneyInLetters } from '../keyed/entries.ts';
import { assertIban, isCreditorReference, isSwissReference } from '../text/check-digits.ts';
import { dataText, filled, joinLines, splitLines, treeOfLines } from '../text/lines.ts';
import { createFindings, type Findings } from '../text/violations.ts';

const TRAILER = 'EPD';
/** The trailer is line 31; a bill information and two alternative schemes may follow. */
const TRAILER_AT = 30;

/** Swiss QR-bills (SIX Implementation Guidelines 2.x). */
export const swissQrBill: Scheme = {
  names: ['swiss-qr-bill'],
  presentment: 'merchant',
  recognize: (text) =>
    /^SPC(\r\n|\n|\r)/.test(text)
      ? { scheme: 'swiss-qr-bill', presentment: 'merchant', mode: 'unspecified', secret: false }
      : undefined,
  decode: (text) => decodeBill(text),
  encode: (draft) => encodeBill(draft),
  validate: (code, text) => listViolations(code, text),
};

/** A postal address: type `S` has street and number, `K` two free lines (withdrawn in November 2025). */
export interface SwissAddress {
  readonly type?: string;
  readonly name?: string;
  readonly street?: string;
  readonly houseNumber?: string;
  readonly postalCode?: string;
  readonly city?: string;
  readonly country?: string;
}

/** What only Swiss QR-bills have. */
export type SwissQrBillData = {
  readonly version: string;
  readonly coding: string;
  readonly iban: string;
  /** The creditor's address without what `merchant` holds: name, city, postal code, country. */
  readonly creditor: SwissAddress;
  readonly ultimateCreditor?: SwissAddress;
  readonly debtor?: SwissAddress;
  /** `QRR` (27 digits), `SCOR` (RF) or `NON`. */
  readonly referenceType: string;
  readonly message?: string;
  readonly billInformation?: string;
  readonly alternativeSchemes?: readonly string[];
};

/** A Swiss QR-bill as `parse` gives it. */
export type SwissQrBillCode = CodeOf<'swiss-qr-bill', SwissQrBillData>;

function decodeBill(text: string): SwissQrBillCode {
  const lines = splitLines(text);
  if (lines.length <= TRAILER_AT) {
    throw new CodeError('QR_OBJECT_TRUNCATED', 'there are fewer than 31 lines', { path: '31' });
  }
  if (lines[TRAILER_AT] !== TRAILER) {
    throw new CodeError('QR_OBJECT_MALFORMED', 'line 31 is not EPD', { path: '31' });
  }
  if (lines.length > 34)
    throw new CodeError('QR_OBJECT_UNEXPECTED', 'there are over 34 lines', { path: '35' });
  const line = (number: number): string => lines[number - 1] ?? '';
  const iban = line(4);
  assertIban(iban, '4');
  const { name, city, postalCode, country, ...creditor } = readAddress(lines.slice(4, 11));
  const referenceType = line(28);
  assertReference(referenceType, line(29), '29');
  const ultimateCreditor = readAddress(lines.slice(11, 18));
  const debtor = readAddress(lines.slice(20, 27));
  const alternativeSchemes = lines.slice(32).filter((text) => text !== '');
  return {
    scheme: 'swiss-qr-bill',
    presentment: 'merchant',
    mode: 'unspecified',
    secret: false,
    merchant: filled({ name, city, postalCode, country }),
    money: moneyInLetters(line(19) || undefined, line(20) || undefined, findCurrencyNumber),
    accounts: [{ network: 'iban', value: iban }],
    ...filled({ reference: line(29) }),
    data: {
      version: line(2),
      coding: line(3),
      iban,
      creditor,
      ...(Object.keys(ultimateCreditor).length > 0 && { ultimateCreditor }),
      ...(Object.keys(debtor).length > 0 && { debtor }),
      referenceType,
      ...filled({ message: line(30), billInformation: line(32) }),
      ...(alternativeSchemes.length > 0 && { alternativeSchemes }),
    },
    tree: treeOfLines(lines),
  };
}

function readAddress(lines: readonly string[]): SwissAddress {
  const [type, name, street, houseNumber, postalCode, city, country] = lines;
  return filled({ type, name, street, houseNumber, postalCode, city, country });
}

/** A wrong check digit is always refused; an unknown type is a matter for `validate`. */
function assertReference(type: string, reference: string, path: string): void {
  const isWrong =
    (type === 'QRR' && !isSwissReference(reference)) || (type === 'SCOR' && !isCreditorReference(reference));
  if (isWrong) {
    throw new CodeError('QR_CHECKSUM_MISMATCH', 'the reference does not match its check digits', { path });
  }
}

function encodeBill(draft: CodeDraft): string {
  const data = (draft.data ?? {}) as Partial<SwissQrBillData>;
  const { merchant, money, reference } = draft;
  const iban = data.iban ?? '';
  assertIban(iban, 'data.iban');
  const type =
    data.referenceType ?? (reference === undefined ? 'NON' : reference.startsWith('RF') ? 'SCOR' : 'QRR');
  assertReference(type, reference ?? '', 'reference');
  const { name, city, postalCode, country } = merchant ?? {};
  // A bill that was read keeps what it leaves out.
  const isNew = draft.tree === undefined;
  const creditor = {
    ...(isNew && { type: 'S' }),
    ...data.creditor,
    ...filled({ name, city, postalCode, country }),
  };
  return joinLines([
    'SPC',
    data.version ?? '0200',
    data.coding ?? '1',
    iban,
    ...addressLines(creditor),
    ...addressLines(data.ultimateCreditor),
    money?.amount,
    money?.currencyAlpha ?? (isNew ? 'CHF' : undefined),
    ...addressLines(data.debtor),
    type,
    reference,
    dataText(draft.data, 'message'),
    TRAILER,
    dataText(draft.data, 'billInformation'),
    ...(data.alternativeSchemes ?? []),
  ]);
}

function addressLines(address: SwissAddress = {}): (string | undefined)[] {
  const { type, name, street, houseNumber, postalCode, city, country } = address;
  return [type, name, street, houseNumber, postalCode, city, country];
}

function listViolations(code: AnyCode, text: string): Violation[] {
  const findings = createFindings();
  const { list, expect, expectLength } = findings;
  const data = code.data as unknown as SwissQrBillData;
  const { amount, currencyAlpha } = code.money;
  expect(/^02\d\d$/.test(data.version), 'QR_VERSION_UNKNOWN', '2', 'the version is not 02xx');
  expect(data.coding === '1', 'QR_VALUE_RESERVED', '3', 'the coding is not 1');
  expect(/^(CH|LI)/.test(data.iban), 'QR_OBJECT_FORMAT', '4', 'the account is not in CH or LI');
  checkAddress({ ...data.creditor, ...code.merchant }, 5, findings);
  if (data.ultimateCreditor) checkAddress(data.ultimateCreditor, 12, findings);
  if (data.debtor) checkAddress(data.debtor, 21, findings);
  const amountHolds = amount === undefined || /^\d{1,9}\.\d{2}$/.test(amount);
  expect(amountHolds, 'QR_AMOUNT_FORMAT', '19', 'the amount does not have its form');
  expect(
    /^(CHF|EUR)$/.test(currencyAlpha ?? ''),
    'QR_CURRENCY_UNEXPECTED',
    '20',
    'the currency is not CHF or EUR',
  );
  checkReference(code, data, findings);
  expectLength(data.message, 140, '30');
  expectLength((data.message ?? '') + (data.billInformation ?? ''), 140, '32');
  for (const [index, scheme] of (data.alternativeSchemes ?? []).entries()) {
    expectLength(scheme, 100, String(33 + index));
  }
  expectLength(text, 997, '');
  return list;
}

function checkReference(code: AnyCode, data: SwissQrBillData, findings: Findings): void {
  const { referenceType: type, iban } = data;
  const isQrIban = Number(iban.slice(4, 9)) >= 30000 && Number(iban.slice(4, 9)) <= 31999;
  findings.expect(/^(QRR|SCOR|NON)$/.test(type), 'QR_VALUE_RESERVED', '28', 'the reference type is unknown');
  findings.expect(
    (type === 'QRR') === isQrIban,
    'QR_OBJECT_FORMAT',
    '28',
    'QRR goes with a QR-IBAN, and only with one',
  );
  const isEmpty = type !== 'NON' || code.reference === undefined;
  findings.expect(isEmpty, 'QR_OBJECT_UNEXPECTED', '29', 'type NON has no reference');
}

function checkAddress(address: SwissAddress, first: number, findings: Findings): void {
  const path = (offset: number): string => String(first + offset);
  const { type, name, city, postalCode, country } = address;
  findings.expect(/^[SK]$/.test(type ?? ''), 'QR_VALUE_RESERVED', path(0), 'the address type is not S or K');
  if (type === 'K') findings.warn('QR_VALUE_RESERVED', path(0), 'addresses of type K ended in November 2025');
  findings.expect(name !== undefined, 'QR_OBJECT_MISSING', path(1), 'the name is missing');
  findings.expectLength(name, 70, path(1));
  findings.expectLength(address.street, 70, path(2));
  findings.expectLength(address.houseNumber, type === 'K' ? 70 : 16, path(3));
  if (type === 'S') {
    findings.expect(postalCode !== undefined, 'QR_OBJECT_MISSING', path(4), 'the postal code is missing');
    findings.expect(city !== undefined, 'QR_OBJECT_MISSING', path(5), 'the town is missing');
  }
  findings.expectLength(postalCode, 16, path(4));
  findings.expectLength(city, 35, path(5));
  findings.expect(
    /^[A-Z]{2}$/.test(country ?? ''),
    'QR_OBJECT_FORMAT',
    path(6),
    'the country is not two letters',
  );
}
