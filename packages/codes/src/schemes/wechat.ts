import type { CodeDraft, CodeOf, Mode, Scheme } from '../code.ts';
import { splitEntries } from '../keyed/entries.ts';
import { encodeOpaque, type OpaqueData, opaqueCode } from '../keyed/opaque.ts';

const NATIVE = /^weixin:\/\/(?:wxpay\/bizpayurl|pay\.weixin\.qq\.com\/bizpayurl\/up)\?(.+)$/i;
const SHORT = /^weixin:\/\/wxpay\/s\/([\w-]+)$/i;
const PERSON = /^wxp:\/\/(?:wb)?f2f[\w=-]+$/i;

/** WeChat Pay payment code: 18 digits, the first two 10-15. One-time, so a secret. */
export const wechatPaymentCode: Scheme = {
  names: ['wechat-payment-code'],
  presentment: 'consumer',
  recognize: (text) =>
    /^1[0-5]\d{16}$/.test(text)
      ? { scheme: 'wechat-payment-code', presentment: 'consumer', mode: 'dynamic', secret: true }
      : undefined,
  decode: (text) =>
    opaqueCode('wechat-payment-code', { text, mode: 'dynamic', data: { provider: 'wechat' } }),
  encode: (draft) => encodeOpaque(draft, wechatPaymentCode),
};

/** WeChat Pay merchant links: one order (`pr`, `sr`), a product's standing code (mode 1), a short link. */
export const wechatNative: Scheme = {
  names: ['wechat-native'],
  presentment: 'merchant',
  recognize: (text) => {
    const mode = nativeMode(text);
    return mode && { scheme: 'wechat-native', presentment: 'merchant', mode, secret: false };
  },
  decode: (text) => {
    const mode = nativeMode(text) ?? 'unspecified';
    const query = NATIVE.exec(text)?.[1];
    const data = query === undefined ? { shortUrl: true } : nativeData(query);
    return opaqueCode('wechat-native', { text, mode, data: { provider: 'wechat', ...data } });
  },
  encode: (draft) => encodeOpaque(draft, wechatNative, () => composeNative(draft)),
};

function composeNative(draft: CodeDraft): string | undefined {
  const token = draft.data?.token;
  return typeof token === 'string' ? `weixin://wxpay/bizpayurl?pr=${token}` : undefined;
}

function nativeMode(text: string): Mode | undefined {
  if (SHORT.test(text)) return 'static';
  const query = NATIVE.exec(text)?.[1];
  if (query === undefined) return undefined;
  if (/(?:^|&)[ps]r=[^&]+/.test(query)) return 'dynamic';
  return /(?:^|&)product_id(?:=|&|$)/.test(query) ? 'static' : undefined;
}

function nativeData(query: string): Record<string, unknown> {
  const entries = splitEntries(query, { part: '&', is: '=' });
  const text = (id: string): string | undefined => entries.find((entry) => entry.id === id)?.value;
  const token = text('pr') ?? text('sr');
  if (token !== undefined) return { token };
  return { mode1: true, appId: text('appid'), mchId: text('mch_id'), productId: text('product_id') };
}

/** A person's WeChat Pay receiving code. */
export const wechatPerson: Scheme = {
  names: ['wechat-p2p'],
  presentment: 'merchant',
  recognize: (text) =>
    PERSON.test(text)
      ? { scheme: 'wechat-p2p', presentment: 'merchant', mode: 'static', secret: false }
      : undefined,
  decode: (text) => opaqueCode('wechat-p2p', { text, mode: 'static', data: { provider: 'wechat' } }),
  encode: (draft) => encodeOpaque(draft, wechatPerson),
};

/** What WeChat Pay's own links say. */
export type WechatData = OpaqueData & {
  readonly provider: 'wechat';
  readonly token?: string;
  readonly shortUrl?: true;
  readonly mode1?: true;
  readonly appId?: string;
  readonly mchId?: string;
  readonly productId?: string;
};

/** A WeChat Pay code as `parse` gives it. */
export type WechatCode = CodeOf<'wechat-payment-code' | 'wechat-native' | 'wechat-p2p', WechatData>;
