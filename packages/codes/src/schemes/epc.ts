import { writeUtf8 } from '../binary/utf8.ts';
import type { AnyCode, CodeDraft, CodeOf, Scheme, Violation } from '../code.ts';
import { findCurrencyNumber } from '../emv/currencies.ts';
import { CodeError } from '../error.ts';
import { moneyInLetters } from '../keyed/entries.ts';
import { assertIban, isCreditorReference } from '../text/check-digits.ts';
import { dataText, filled, joinLines, splitLines, treeOfLines } from '../text/lines.ts';
import { createFindings } from '../text/violations.ts';

const MONEY = /^([A-Z]{3})(\d*\.?\d*)$/;
const BIC = /^[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?$/;

/** EPC QR codes for SEPA credit transfers (EPC069-12), also known as GiroCode and Stuzza. */
export const epc: Scheme = {
  names: ['epc'],
  presentment: 'merchant',
  recognize: (text) =>
    /^BCD(\r\n|\n|\r)/.test(text)
      ? { scheme: 'epc', presentment: 'merchant', mode: 'unspecified', secret: false }
      : undefined,
  decode: (text) => decodeEpc(text),
  encode: (draft) => encodeEpc(draft),
  validate: (code, text) => listViolations(code, text),
};

function decodeEpc(text: string): EpcCode {
  const lines = splitLines(text);
  const [, version = '', encoding = '', identification = '', bic = '', name, iban = '', sum = ''] = lines;
  const [purpose, reference, remittanceText, information, ...more] = lines.slice(8);
  if (lines.length < 7)
    throw new CodeError('QR_OBJECT_TRUNCATED', 'there are fewer than seven lines', { path: '7' });
  if (identification !== 'SCT' && identification !== 'INST') {
    throw new CodeError('QR_VALUE_RESERVED', 'the identification is not SCT or INST', { path: '4' });
  }
  if (more.length > 0)
    throw new CodeError('QR_OBJECT_UNEXPECTED', 'there are over twelve lines', { path: '13' });
  assertIban(iban, '7');
  const money = MONEY.exec(sum);
  if (sum !== '' && !money) throw new CodeError('QR_AMOUNT_FORMAT', 'the amount is not one', { path: '8' });
  return {
    scheme: 'epc',
    presentment: 'merchant',
    mode: 'unspecified',
    secret: false,
    merchant: filled({ name }),
    money: moneyInLetters(money?.[2] || undefined, money?.[1], findCurrencyNumber),
    accounts: [{ network: 'iban', value: iban }],
    ...filled({ reference }),
    data: {
      version,
      encoding,
      identification,
      bic,
      iban,
      ...filled({ purpose, remittanceText, information }),
    },
    tree: treeOfLines(lines),
  };
}

function encodeEpc(draft: CodeDraft): string {
  const { data, money } = draft;
  const iban = dataText(data, 'iban') ?? '';
  assertIban(iban, 'data.iban');
  const bic = dataText(data, 'bic');
  const hasMoney = money?.amount !== undefined || money?.currencyAlpha !== undefined;
  return joinLines([
    'BCD',
    dataText(data, 'version') ?? '002',
    dataText(data, 'encoding') ?? '1',
    dataText(data, 'identification') ?? 'SCT',
    bic,
    draft.merchant?.name,
    iban,
    hasMoney ? `${money?.currencyAlpha ?? 'EUR'}${money?.amount ?? ''}` : '',
    dataText(data, 'purpose'),
    draft.reference,
    dataText(data, 'remittanceText'),
    dataText(data, 'information'),
  ]);
}

function listViolations(code: AnyCode, text: string): Violation[] {
  const { list, expect, expectLength } = createFindings();
  const { version, encoding, bic, purpose, remittanceText, information } = code.data as unknown as EpcData;
  const { amount, currencyAlpha } = code.money;
  const { name } = code.merchant;
  expect(/^00[12]$/.test(version), 'QR_VERSION_UNKNOWN', '2', 'the version is not 001 or 002');
  expect(/^[1-8]$/.test(encoding), 'QR_VALUE_RESERVED', '3', 'the character set is not 1 to 8');
  expect(bic !== '' || version !== '001', 'QR_OBJECT_MISSING', '5', 'version 001 needs a BIC');
  expect(bic === '' || BIC.test(bic), 'QR_OBJECT_FORMAT', '5', 'the BIC does not have its form');
  expect(name !== undefined, 'QR_OBJECT_MISSING', '6', 'the name is missing');
  expectLength(name, 70, '6');
  expect(!currencyAlpha || currencyAlpha === 'EUR', 'QR_CURRENCY_UNEXPECTED', '8', 'SEPA pays in EUR only');
  if (amount !== undefined) {
    expect(
      /^\d{1,9}(\.\d{1,2})?$/.test(amount),
      'QR_AMOUNT_FORMAT',
      '8',
      'the amount does not have its form',
    );
    expect(/[1-9]/.test(amount), 'QR_AMOUNT_ZERO', '8', 'the amount is zero');
  }
  expectLength(purpose, 4, '9');
  expectLength(code.reference, 35, '10');
  const isRf = code.reference?.startsWith('RF') ?? false;
  const rfHolds = !isRf || isCreditorReference(code.reference ?? '');
  expect(rfHolds, 'QR_CHECKSUM_MISMATCH', '10', 'the creditor reference does not match its check digits');
  expectLength(remittanceText, 140, '11');
  const both = code.reference !== undefined && remittanceText !== undefined;
  expect(!both, 'QR_OBJECT_UNEXPECTED', '11', 'a reference and a text exclude each other');
  expectLength(information, 70, '12');
  expect(writeUtf8(text).length <= 331, 'QR_TEXT_TOO_LONG', '', 'the payload is longer than 331 bytes');
  return list;
}

/** What only EPC codes have. */
export type EpcData = {
  readonly version: string;
  readonly encoding: string;
  /** `SCT`, or `INST` for an instant transfer. */
  readonly identification: string;
  /** Empty when version 002 leaves it out. */
  readonly bic: string;
  readonly iban: string;
  readonly purpose?: string;
  readonly remittanceText?: string;
  readonly information?: string;
};

/** An EPC code as `parse` gives it; `reference` is the structured one. */
export type EpcCode = CodeOf<'epc', EpcData>;
