import { type AnyCode, type DataObject, parse, type Violation, validate } from '@barlink/codes';

/** A line of an explanation. */
export interface Field {
  readonly name: string;
  readonly value: string;
}

/** A code taken apart for people. */
export interface Explanation {
  readonly fields: readonly Field[];
  readonly tree: readonly TreeLine[];
  readonly violations: readonly Violation[];
}

/** An object of the raw tree. */
export interface TreeLine {
  readonly depth: number;
  readonly id: string;
  readonly name: string | undefined;
  /** Absent for a template, whose objects follow. */
  readonly value: string | undefined;
}

/**
 * Explains a code field by field.
 *
 * @throws CodeError when it cannot be read
 */
export function explain(text: string): Explanation {
  const code: AnyCode = parse(text);
  return {
    fields: listFields(code),
    tree: [...listTree(code.tree, { depth: 0, path: '' })],
    violations: validate(text),
  };
}

/** A secret is told by its ends; nobody can spend with those. */
export function maskText(text: string): string {
  return text.length <= 8
    ? '•'.repeat(text.length)
    : `${text.slice(0, 2)}${'•'.repeat(text.length - 4)}${text.slice(-2)}`;
}

/** Texts of codes are strangers': what could move the cursor or hide is shown by its number. */
export function showText(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => {
    const point = character.codePointAt(0) ?? 0;
    return `\\u{${point.toString(16)}}`;
  });
}

function listFields(code: AnyCode): readonly Field[] {
  const { merchant, money } = code;
  const amount =
    money.amount === undefined ? undefined : `${money.amount} ${money.currencyAlpha ?? money.currency ?? ''}`;
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['scheme', code.scheme],
    ['presented by', code.presentment],
    ['mode', code.mode],
    ['secret', code.secret ? 'yes: whoever reads it can spend with it' : undefined],
    ['merchant', merchant.name],
    ['city', merchant.city],
    ['postal code', merchant.postalCode],
    ['category', merchant.category],
    ['country', merchant.country],
    ['amount', amount?.trim()],
    ['currency', money.amount === undefined ? (money.currencyAlpha ?? money.currency) : undefined],
    ['tip', money.tip],
    ['fee', money.feeFixed ?? (money.feePercentage === undefined ? undefined : `${money.feePercentage} %`)],
    ['reference', code.reference],
    ['expires', code.expiry?.toISOString()],
    [
      'merchant in',
      code.language?.merchantName && `${code.language.preference}: ${code.language.merchantName}`,
    ],
    ...Object.entries(code.data)
      // Halves of a signature tell a reader nothing; the objects show them.
      .filter(([name]) => !name.startsWith('signature'))
      .map(([name, value]) => [name, dataText(value)] as const),
    ['CRC', code.crc],
  ];
  return rows.flatMap(([name, value]) => (value === undefined || value === '' ? [] : [{ name, value }]));
}

function dataText(value: unknown): string | undefined {
  if (value === undefined || value === null) {
    return undefined;
  }
  if (value instanceof Date) {
    return value.toISOString();
  }
  return typeof value === 'object'
    ? JSON.stringify(value, (_key, each: unknown) => (typeof each === 'bigint' ? String(each) : each))
    : String(value);
}

function* listTree(
  objects: readonly DataObject[],
  { depth, path }: { readonly depth: number; readonly path: string },
): Generator<TreeLine> {
  for (const object of objects) {
    const name = names[path === '' ? object.id : `${path}.${object.id}`];
    if ('objects' in object) {
      yield { depth, id: object.id, name: name ?? templateName(object.id, depth), value: undefined };
      yield* listTree(object.objects, { depth: depth + 1, path: object.id });
    } else {
      yield { depth, id: object.id, name, value: object.value };
    }
  }
}

function templateName(id: string, depth: number): string | undefined {
  const number = Number(id);
  if (depth > 0) {
    return undefined;
  }
  return number >= 2 && number <= 51 ? 'merchant account' : number >= 80 ? 'unreserved template' : undefined;
}

/** EMVCo QRCPS-MPM 1.1, table 3.1 on. */
const names: Readonly<Record<string, string>> = {
  '00': 'payload format',
  '01': 'point of initiation (11 static, 12 dynamic)',
  '52': 'merchant category',
  '53': 'currency',
  '54': 'amount',
  '55': 'tip or fee',
  '56': 'fixed fee',
  '57': 'fee in percent',
  '58': 'country',
  '59': 'merchant name',
  '60': 'merchant city',
  '61': 'postal code',
  '62': 'additional data',
  '63': 'CRC',
  '64': 'merchant in another language',
  '62.01': 'bill number',
  '62.02': 'mobile number',
  '62.03': 'store',
  '62.04': 'loyalty number',
  '62.05': 'reference',
  '62.06': 'customer',
  '62.07': 'terminal',
  '62.08': 'purpose',
  '62.09': 'asked of the payer',
  '64.00': 'language',
  '64.01': 'merchant name',
  '64.02': 'merchant city',
};
