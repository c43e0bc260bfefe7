import type { AnyCode, Violation } from '../code.ts';
import type { CodeErrorCode } from '../error.ts';
import { currencyExponent } from './currencies.ts';
import { codePoints, type DataObject } from './objects.ts';
import type { EmvProfile } from './profile.ts';
import { findText, guiOf, textOf } from './tree.ts';
import { rootText } from './view.ts';

/** One row of the EMVCo table: the form and the greatest length of a text. */
interface Rule {
  readonly form: RegExp;
  readonly max: number;
  readonly code?: CodeErrorCode;
  /** How bad too long is; an error when not said. */
  readonly severity?: 'warning';
}

const ANS = /^[\x20-\x7e]*$/;
const AMOUNT = /^(?=.*\d)\d*\.?\d*$/;
const ANY = /^/;

/** EMVCo MPM 1.0, tables 3.3 to 3.8: what may stand where. */
const RULES: Readonly<Record<string, Rule>> = {
  '00': { form: /^01$/, max: 2, code: 'QR_VERSION_UNKNOWN' },
  '01': { form: /^1[12]$/, max: 2, code: 'QR_VALUE_RESERVED' },
  '52': { form: /^\d{4}$/, max: 4 },
  '53': { form: /^\d{3}$/, max: 3 },
  '54': { form: AMOUNT, max: 13, code: 'QR_AMOUNT_FORMAT' },
  '55': { form: /^0[123]$/, max: 2, code: 'QR_VALUE_RESERVED' },
  '56': { form: AMOUNT, max: 13, code: 'QR_AMOUNT_FORMAT' },
  '57': { form: /^\d{1,2}(\.\d{0,2})?$/, max: 5, code: 'QR_AMOUNT_FORMAT' },
  '58': { form: /^[A-Z]{2}$/, max: 2 },
  '59': { form: ANS, max: 25, code: 'QR_OBJECT_CHARSET' },
  '60': { form: ANS, max: 15, code: 'QR_OBJECT_CHARSET' },
  '61': { form: ANS, max: 10, code: 'QR_OBJECT_CHARSET' },
  '62.09': { form: /^(?!.*(.).*\1)[AME]{1,3}$/, max: 3 },
  '64.00': { form: /^[A-Za-z]{2}$/, max: 2 },
  '64.01': { form: ANY, max: 25 },
  '64.02': { form: ANY, max: 15 },
  gui: { form: ANS, max: 32, code: 'QR_OBJECT_CHARSET' },
  // A UUID with its hyphens is 36 long, and the field prints it here.
  unreserved: { form: ANS, max: 36, code: 'QR_OBJECT_CHARSET', severity: 'warning' },
  additional: { form: ANY, max: 25 },
  account: { form: ANS, max: 99, code: 'QR_OBJECT_CHARSET' },
};

const MANDATORY = ['52', '53', '58', '59', '60'];

/**
 * Lists what strict EMVCo would refuse. What the code's own scheme allows is a `deviation`, what harms
 * nobody a
 * `warning`, the rest an `error`.
 */
export function listViolations(read: AnyCode, profile: EmvProfile | undefined): Violation[] {
  const found: Violation[] = [];
  const optional = new Set(profile?.optional ?? []);
  const report: Report = (code, path, warning) => {
    const allowed = optional.has(path) || (code === 'QR_VERSION_UNKNOWN' && profile?.version !== undefined);
    const severity = warning === 'warning' ? 'warning' : allowed ? 'deviation' : 'error';
    // The code says it: QR_OBJECT_TOO_LONG at 59 is "59: object too long".
    const message = `${path}: ${code.slice(3).toLowerCase().replaceAll('_', ' ')}`;
    found.push({ code, severity, path, message });
  };
  checkPresence(read.tree, report);
  for (const object of read.tree) {
    checkText(object.id, object.id, textOf(object), report);
    checkTemplate(object, report);
  }
  checkFees(read.tree, report);
  checkAmount(read, profile, report);
  if (read.crc && read.crc !== read.crc.toUpperCase()) {
    report('QR_CRC_LOWERCASE', '63', 'warning');
  }
  return found;
}

type Report = (code: CodeErrorCode, path: string, severity?: 'warning') => void;

function checkPresence(tree: readonly DataObject[], report: Report): void {
  const ids = new Set(tree.map((object) => object.id));
  for (const id of MANDATORY) {
    if (!ids.has(id)) report('QR_OBJECT_MISSING', id);
  }
  if (!tree.some((object) => object.id >= '02' && object.id <= '51')) {
    report('QR_OBJECT_MISSING', '02-51');
  }
}

function checkText(path: string, rule: string, text: string, report: Report): void {
  if (text === '') {
    report('QR_OBJECT_EMPTY', path);
    return;
  }
  const row = RULES[rule] ?? (rule < '26' ? RULES.account : undefined);
  if (!row) return;
  if (!row.form.test(text)) {
    report(row.code ?? 'QR_OBJECT_FORMAT', path);
  } else if (codePoints(text) > row.max) {
    report('QR_OBJECT_TOO_LONG', path, row.severity);
  }
}

function checkTemplate(object: DataObject, report: Report): void {
  const { id } = object;
  const isAccount = id >= '26' && id <= '51';
  if (!isAccount && id !== '62' && id !== '64' && id < '80') return;
  if (!('objects' in object)) {
    if (object.value === '') return;
    if (id < '80') report('QR_TEMPLATE_MALFORMED', id);
    else report('QR_TEMPLATE_GUI_MISSING', id);
    return;
  }
  if ((isAccount || id >= '80') && guiOf(object) === undefined) {
    report('QR_TEMPLATE_GUI_MISSING', id);
  }
  for (const inner of object.objects) {
    const path = `${id}.${inner.id}`;
    checkText(path, ruleOf(id, inner.id), textOf(inner), report);
  }
  if (id !== '64') return;
  for (const inner of ['00', '01']) {
    if (findText(object.objects, inner) === undefined) {
      report('QR_OBJECT_MISSING', `64.${inner}`);
    }
  }
}

function ruleOf(id: string, inner: string): string {
  if (id === '62' && inner >= '01' && inner <= '08') return 'additional';
  if (inner !== '00' || id === '62' || id === '64') return `${id}.${inner}`;
  return id >= '80' ? 'unreserved' : 'gui';
}

/** Object 55 and the fee it asks for go together. */
function checkFees(tree: readonly DataObject[], report: Report): void {
  const tip = rootText(tree, '55');
  for (const [id, value] of [
    ['56', '02'],
    ['57', '03'],
  ] as const) {
    const fee = rootText(tree, id);
    if (tip === value && fee === undefined) report('QR_OBJECT_MISSING', id);
    if (tip !== value && fee !== undefined) {
      report('QR_OBJECT_UNEXPECTED', id);
    }
    if (fee && !/[1-9]/.test(fee)) report('QR_AMOUNT_ZERO', id);
  }
}

function checkAmount(code: AnyCode, profile: EmvProfile | undefined, report: Report): void {
  const { amount, currency } = code.money;
  if (!amount || !AMOUNT.test(amount)) return;
  if (!/[1-9]/.test(amount)) report('QR_AMOUNT_ZERO', '54');
  if (!currency) return;
  const decimals = amount.split('.')[1]?.length ?? 0;
  if (decimals > (profile?.exponents?.[currency] ?? currencyExponent(currency))) {
    report('QR_AMOUNT_EXPONENT', '54', 'warning');
  }
}
