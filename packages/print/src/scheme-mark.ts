import { PrintError } from './print-error.ts';
import type { Words } from './words.ts';

/**
 * A scheme in the row of those accepted: a coloured dot with a letter, and its name. The schemes' own logos
 * are their property; who has the right to print one can put it into the merchant's own artwork.
 */
export interface SchemeMark {
  readonly words: Words;
  /** One character. */
  readonly letter: string;
  readonly color: string;
}

const known = {
  barlink: { words: { zh: '互联互通', en: 'Barlink' }, letter: '联', color: '#0b7a5c' },
  unionpay: { words: { zh: '云闪付', en: 'UnionPay' }, letter: '云', color: '#c8242f' },
  alipay: { words: { zh: '支付宝', en: 'Alipay' }, letter: '支', color: '#1273de' },
  wechat: { words: { zh: '微信支付', en: 'WeChat Pay' }, letter: '微', color: '#15913f' },
  ecny: { words: { zh: '数字人民币', en: 'e-CNY' }, letter: '数', color: '#b3202c' },
  bank: { words: { zh: '银行应用', en: 'Bank apps' }, letter: '银', color: '#44506b' },
  visa: { words: { zh: 'Visa', en: 'Visa' }, letter: 'V', color: '#1a2a78' },
  mastercard: { words: { zh: '万事达卡', en: 'Mastercard' }, letter: 'M', color: '#b2470a' },
  jcb: { words: { zh: 'JCB', en: 'JCB' }, letter: 'J', color: '#14607a' },
  promptpay: { words: { zh: 'PromptPay', en: 'PromptPay' }, letter: 'P', color: '#103c6b' },
  paynow: { words: { zh: 'PayNow', en: 'PayNow' }, letter: 'P', color: '#7b1a6b' },
  duitnow: { words: { zh: 'DuitNow', en: 'DuitNow' }, letter: 'D', color: '#b8175b' },
  qris: { words: { zh: 'QRIS', en: 'QRIS' }, letter: 'Q', color: '#a61c28' },
  upi: { words: { zh: 'UPI', en: 'UPI' }, letter: 'U', color: '#5a3d12' },
  pix: { words: { zh: 'Pix', en: 'Pix' }, letter: 'P', color: '#15807a' },
  fps: { words: { zh: '转数快', en: 'FPS' }, letter: '转', color: '#2b5fa8' },
} as const satisfies Record<string, SchemeMark>;

/** The schemes we know a mark for. */
export type SchemeMarkName = keyof typeof known;

/** Every mark, by name. */
export const schemeMarks: Readonly<Record<SchemeMarkName, SchemeMark>> = known;

/** The most marks a page has room for. */
export const schemeMarksMax = 8;

/**
 * The marks of a list of names, in its order.
 *
 * @throws PrintError PRINT_SCHEME_UNKNOWN, PRINT_OPTION_INVALID when there are over eight
 */
export function marksOf(names: readonly string[]): readonly SchemeMark[] {
  if (names.length > schemeMarksMax) {
    throw new PrintError('PRINT_OPTION_INVALID', `A page shows at most ${schemeMarksMax} schemes.`, {
      path: 'schemes',
    });
  }
  return names.map((name) => {
    const mark = Object.hasOwn(known, name) ? schemeMarks[name as SchemeMarkName] : undefined;
    if (mark === undefined) {
      const message = `No scheme is called ${JSON.stringify(name)}. Known: ${Object.keys(known).join(', ')}.`;
      throw new PrintError('PRINT_SCHEME_UNKNOWN', message, { path: 'schemes' });
    }
    return mark;
  });
}
