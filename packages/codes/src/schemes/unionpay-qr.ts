import type { CodeDraft, CodeOf, Scheme } from '../code.ts';
import { encodeOpaque, type OpaqueData, opaqueCode } from '../keyed/opaque.ts';

const LINK = /^https:\/\/qr\.95516\.com\/(\d{8})\/([0-9a-z]{6,64})$/i;

/** UnionPay payment code: 19 digits that start with 62. One-time, so a secret. */
export const unionpayPaymentCode: Scheme = {
  names: ['unionpay-payment-code'],
  presentment: 'consumer',
  recognize: (text) =>
    /^62\d{17}$/.test(text)
      ? { scheme: 'unionpay-payment-code', presentment: 'consumer', mode: 'dynamic', secret: true }
      : undefined,
  decode: (text) =>
    opaqueCode('unionpay-payment-code', { text, mode: 'dynamic', data: { provider: 'unionpay' } }),
  encode: (draft) => encodeOpaque(draft, unionpayPaymentCode),
};

/** UnionPay links: exactly the host qr.95516.com, the acquirer's eight digits, a token. */
export const unionpayQr: Scheme = {
  names: ['unionpay-qr'],
  presentment: 'merchant',
  recognize: (text) =>
    LINK.test(text)
      ? { scheme: 'unionpay-qr', presentment: 'merchant', mode: 'unspecified', secret: false }
      : undefined,
  decode: (text) => {
    const [, acquirer = '', token = ''] = LINK.exec(text) ?? [];
    return opaqueCode('unionpay-qr', {
      text,
      mode: 'unspecified',
      data: { provider: 'unionpay', acquirer, token },
    });
  },
  encode: (draft) => encodeOpaque(draft, unionpayQr, () => composeLink(draft)),
};

function composeLink(draft: CodeDraft): string {
  return `https://qr.95516.com/${draft.data?.acquirer}/${draft.data?.token}`;
}

/** What a UnionPay link says. */
export type UnionpayQrData = OpaqueData & {
  readonly provider: 'unionpay';
  readonly acquirer?: string;
  readonly token?: string;
};

/** A UnionPay link or payment code as `parse` gives it. */
export type UnionpayQrCode = CodeOf<'unionpay-payment-code' | 'unionpay-qr', UnionpayQrData>;
