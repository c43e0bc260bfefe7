/** Which languages a page speaks; `zh-en` is Chinese with English below. */
export type Language = 'zh' | 'en' | 'zh-en';

/** One text in both languages. */
export interface Words {
  readonly zh: string;
  readonly en: string;
}

/** The first and, on pages of two languages, the second line of a text. */
export function linesOf(words: Words, language: Language): readonly string[] {
  switch (language) {
    case 'zh':
      return [words.zh];
    case 'en':
      return [words.en];
    case 'zh-en':
      return [words.zh, words.en];
    default:
      return language satisfies never;
  }
}

/** Every text of ours on a page. */
export const words = {
  heading: { zh: '扫码付款', en: 'Scan to pay' },
  accepted: { zh: '支持付款方式', en: 'Accepted here' },
  checkName: { zh: '付款前请核对收款方', en: 'Check the payee before you pay' },
  amount: { zh: '金额', en: 'Amount' },
  openApp: { zh: '打开付款应用', en: 'Open your app' },
  scan: { zh: '扫描二维码', en: 'Scan the code' },
  confirm: { zh: '核对后付款', en: 'Check and pay' },
  network: { zh: '条码支付互联互通', en: 'One code for every app' },
  payerCode: { zh: '付款码', en: 'Payment code' },
  payerHint: { zh: '请向收银员出示，切勿转发', en: 'Show it at the till, never send it on' },
} as const satisfies Record<string, Words>;
