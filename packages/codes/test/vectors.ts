import { existsSync, readFileSync } from 'node:fs';
import type { AnyCode } from '../src/index.ts';

/** One entry of the shared vectors, as its README describes it. */
export interface Vector {
  readonly id: string;
  readonly scheme: string;
  readonly payload: string;
  readonly valid: boolean;
  readonly rejectLevel?: 'integrity' | 'strict';
  readonly strict?: { readonly emvco: boolean; readonly violations?: readonly string[] };
  readonly expect: Readonly<Record<string, unknown>>;
}

const file = new URL('../../../../shared/vectors/codes.json', import.meta.url);

/** The shared vectors, or undefined where the checkout does not stand beside them. */
export function findVectors(): readonly Vector[] | undefined {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}

/** What a parsed code says, under the names the vectors use. */
export function inVectorWords(code: AnyCode): Record<string, unknown> {
  const { merchant, money, data, tree } = code;
  const root = (id: string): unknown => {
    const object = tree.find((other) => other.id === id);
    return object && 'value' in object ? object.value : undefined;
  };
  const emv = code.crc !== undefined && root('00') !== undefined;
  return {
    currencyAlpha: money.currencyAlpha,
    amount: money.amount,
    merchantName: merchant.name,
    mcc: merchant.category,
    country: merchant.country,
    reference: code.reference,
    crc: code.crc,
    debtorName: (data.debtor as { readonly name?: string } | undefined)?.name,
    ...data,
    scheme: code.scheme,
    mode: code.presentment === 'consumer' ? 'consumer' : code.mode,
    ...(emv && {
      payloadFormatIndicator: root('00'),
      pointOfInitiation: root('01') ?? null,
      merchantAccounts: code.accounts.map(accountInVectorWords),
      currency: money.currency,
      tip: money.tip,
      feeFixed: money.feeFixed,
      feePercentage: money.feePercentage,
      merchantCity: merchant.city,
      postalCode: merchant.postalCode,
      additionalData: code.additional,
      language: code.language,
      unreserved: code.unreserved?.map(accountInVectorWords),
      lengthUnit: 'chars',
      schemeData: schemeDataInVectorWords(code),
    }),
  };
}

function accountInVectorWords(account: AnyCode['accounts'][number]): unknown {
  const { network: _, ...rest } = account;
  return Number(account.id) < 26 ? rest : { gui: null, ...rest };
}

function schemeDataInVectorWords(code: AnyCode): unknown {
  if (code.scheme !== 'paynow' && code.scheme !== 'sgqr') return code.data;
  const { proxyType, proxy, editable, expiry } = code.data;
  return { ...code.data, paynow: { proxyType, proxy, editable, expiry } };
}

/** The differences between what was read and what a vector lists; only listed fields count. */
export function differences(expected: unknown, actual: unknown, path = ''): string[] {
  if (expected === null) return actual === undefined || actual === null ? [] : [`${path}: must be absent`];
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual) || actual.length !== expected.length)
      return [`${path}: ${JSON.stringify(actual)}`];
    return expected.flatMap((item, index) => differences(item, actual[index], `${path}[${index}]`));
  }
  if (typeof expected === 'object') {
    const found = (actual ?? {}) as Record<string, unknown>;
    return Object.entries(expected as object).flatMap(([key, value]) =>
      differences(value, found[key], `${path}.${key}`),
    );
  }
  return expected === actual
    ? []
    : [`${path}: expected ${JSON.stringify(expected)}, read ${JSON.stringify(actual)}`];
}

/** A violation of ours in the vectors' words, `54-exponent`. */
export function violationInVectorWords(violation: { readonly code: string; readonly path: string }): string {
  const { code, path } = violation;
  const isRoot = path.length === 2;
  const words: Record<string, string> = {
    QR_OBJECT_MISSING: `missing-${path}`,
    QR_OBJECT_EMPTY: isRoot ? `zero-length-${path}` : `${path}-zero-length`,
    QR_OBJECT_FORMAT: `${path}-format`,
    QR_OBJECT_TOO_LONG: `${path}-too-long`,
    QR_OBJECT_CHARSET: `${path}-not-ans`,
    QR_TEMPLATE_GUI_MISSING: `${path}-no-gui`,
    QR_TEMPLATE_MALFORMED: `${path}-not-template`,
    QR_AMOUNT_ZERO: `${path}-zero`,
    QR_AMOUNT_EXPONENT: `${path}-exponent`,
    QR_CRC_LOWERCASE: 'crc-lowercase',
    QR_VERSION_UNKNOWN: '00-not-01',
  };
  return words[code] ?? `${code} ${path}`;
}
