import type { CodeDraft, CodeOf, Mode, Scheme } from '../code.ts';
import { encodeOpaque, type OpaqueData, opaqueCode } from '../keyed/opaque.ts';

const LINK = /^https:\/\/qr\.alipay\.com\/([0-9a-z]{4,64})(?:\?[^\s#]*)?$/i;
const APP = /^alipays:\/\/platformapi\/startapp\?(?:[^#\s]*&)?qrcode=([^&#\s]+)/i;

/** Alipay payment code: 16 to 24 digits, the first two 25-30. One-time, so a secret. */
export const alipayPaymentCode: Scheme = {
  names: ['alipay-payment-code'],
  presentment: 'consumer',
  recognize: (text) =>
    /^(?:2[5-9]|30)\d{14,22}$/.test(text)
      ? { scheme: 'alipay-payment-code', presentment: 'consumer', mode: 'dynamic', secret: true }
      : undefined,
  decode: (text) =>
    opaqueCode('alipay-payment-code', { text, mode: 'dynamic', data: { provider: 'alipay' } }),
  encode: (draft) => encodeOpaque(draft, alipayPaymentCode),
};

/** Alipay links: exactly the host qr.alipay.com, or the app's own link around one. */
export const alipayQr: Scheme = {
  names: ['alipay-qr'],
  presentment: 'merchant',
  recognize: (text) => {
    const token = tokenOf(text);
    return token === undefined
      ? undefined
      : { scheme: 'alipay-qr', presentment: 'merchant', mode: modeOf(token), secret: false };
  },
  decode: (text) => {
    const token = tokenOf(text) ?? '';
    return opaqueCode('alipay-qr', { text, mode: modeOf(token), data: { provider: 'alipay', token } });
  },
  encode: (draft) => encodeOpaque(draft, alipayQr, () => composeLink(draft)),
};

function composeLink(draft: CodeDraft): string | undefined {
  const token = draft.data?.token;
  return typeof token === 'string' ? `https://qr.alipay.com/${token}` : undefined;
}

function tokenOf(text: string): string | undefined {
  const link = LINK.exec(text);
  if (link) return link[1];
  const inner = APP.exec(text)?.[1];
  if (inner === undefined) return undefined;
  try {
    return LINK.exec(decodeURIComponent(inner))?.[1];
  } catch {
    return undefined;
  }
}

/** An order's token starts with bax, a person's with fkx; of others only Alipay knows. */
function modeOf(token: string): Mode {
  const prefix = token.slice(0, 3).toLowerCase();
  return prefix === 'bax' ? 'dynamic' : prefix === 'fkx' ? 'static' : 'unspecified';
}

/** What an Alipay link says. */
export type AlipayData = OpaqueData & {
  readonly provider: 'alipay';
  readonly token?: string;
};

/** An Alipay code as `parse` gives it. */
export type AlipayCode = CodeOf<'alipay-payment-code' | 'alipay-qr', AlipayData>;
