import type { Recognition } from '@barlink/codes';
import type { Text } from './text.ts';

/** What schemes are called, and where they are at home. */
export const schemeTitles: Readonly<Record<string, Text>> = {
  barlink: ['Barlink unified code', 'Barlink 统一码'],
  'emv-mpm': ['EMVCo merchant code', 'EMVCo 商户码'],
  'emv-cpm': ['EMVCo payer code', 'EMVCo 付款码'],
  sgqr: ['SGQR, Singapore', 'SGQR（新加坡）'],
  paynow: ['PayNow, Singapore', 'PayNow（新加坡）'],
  pix: ['Pix, Brazil', 'Pix（巴西）'],
  qris: ['QRIS, Indonesia', 'QRIS（印度尼西亚）'],
  promptpay: ['PromptPay, Thailand', 'PromptPay（泰国）'],
  'th-bot-barcode': ['Bill payment bar code, Thailand', '账单条码（泰国）'],
  'th-slip-verify': ['Slip verification, Thailand', '转账凭条验证（泰国）'],
  duitnow: ['DuitNow QR, Malaysia', 'DuitNow QR（马来西亚）'],
  khqr: ['KHQR, Cambodia', 'KHQR（柬埔寨）'],
  vietqr: ['VietQR, Viet Nam', 'VietQR（越南）'],
  vnpay: ['VNPAY-QR, Viet Nam', 'VNPAY-QR（越南）'],
  qrph: ['QR Ph, Philippines', 'QR Ph（菲律宾）'],
  'fps-hk': ['FPS, Hong Kong', '转数快（香港）'],
  bharatqr: ['BharatQR, India', 'BharatQR（印度）'],
  upi: ['UPI, India', 'UPI（印度）'],
  lankaqr: ['LANKAQR, Sri Lanka', 'LANKAQR（斯里兰卡）'],
  nepalpay: ['NepalPay and Fonepay, Nepal', 'NepalPay 与 Fonepay（尼泊尔）'],
  mmqr: ['MMQR, Myanmar', 'MMQR（缅甸）'],
  jpqr: ['JPQR, Japan', 'JPQR（日本）'],
  twqr: ['TWQR, Taiwan', 'TWQR（台湾）'],
  twqrp: ['Taiwan Pay', '台湾 Pay'],
  raast: ['Raast, Pakistan', 'Raast（巴基斯坦）'],
  unionpay: ['UnionPay merchant code', '银联商户码'],
  'unionpay-qr': ['UnionPay link', '银联链接码'],
  'unionpay-payment-code': ['UnionPay payer code', '银联付款码'],
  'alipay-qr': ['Alipay link', '支付宝链接码'],
  'alipay-payment-code': ['Alipay payer code', '支付宝付款码'],
  'wechat-native': ['WeChat Pay link', '微信支付链接码'],
  'wechat-p2p': ['WeChat personal code', '微信个人收款码'],
  'wechat-payment-code': ['WeChat payer code', '微信付款码'],
  epc: ['EPC code for SEPA transfers', 'EPC 码（SEPA 转账）'],
  'swiss-qr-bill': ['Swiss QR-bill', '瑞士 QR 账单'],
  spayd: ['SPAYD, Czechia', 'SPAYD（捷克）'],
  paybysquare: ['PAY by square, Slovakia', 'PAY by square（斯洛伐克）'],
  zatca: ['ZATCA invoice, Saudi Arabia', 'ZATCA 发票码（沙特）'],
  bip21: ['Bitcoin address (BIP 21)', '比特币地址（BIP 21）'],
  bolt11: ['Lightning invoice (BOLT 11)', '闪电网络发票（BOLT 11）'],
};

/** The payer's code shares the scheme's name with the merchant's. */
const barlinkPayerTitle: Text = ['Barlink payer code', 'Barlink 付款码'];

/** What is recognised, by name. */
export function titleOfScheme({ scheme, presentment }: Pick<Recognition, 'scheme' | 'presentment'>): Text {
  if (scheme === 'barlink' && presentment === 'consumer') return barlinkPayerTitle;
  return schemeTitles[scheme] ?? [scheme, scheme];
}
