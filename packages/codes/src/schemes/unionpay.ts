import type { CodeOf } from '../code.ts';
import type { EmvProfile, FieldsOf } from '../emv/profile.ts';
import { rootText } from '../emv/view.ts';

/**
 * UnionPay on EMVCo: 31 characters in object 15 or 16, the acquirer's and the forwarder's institution
 * numbers and
 * the merchant id. Told last: many national codes carry it beside their own template.
 */
export const unionpay = {
  scheme: 'unionpay',
  title: 'UnionPay',
  templates: [],
  paths: { account: '15', accountMore: '16' },
  match: (tree) => isAccount(rootText(tree, '15')) || isAccount(rootText(tree, '16')),
  derive: (data) => {
    const { account, accountMore } = data;
    const text = isAccount(account) ? account : String(accountMore ?? '');
    data.acquirerIin = text.slice(0, 8);
    data.forwardingIin = text.slice(8, 16);
    data.merchantId = text.slice(16);
  },
} as const satisfies EmvProfile;

function isAccount(text: unknown): text is string {
  return typeof text === 'string' && /^\d{16}[0-9A-Za-z ]{15}$/.test(text);
}

/** What only UnionPay has; written through `account`. */
export type UnionpayData = FieldsOf<typeof unionpay> & {
  readonly acquirerIin: string;
  readonly forwardingIin: string;
  readonly merchantId: string;
};

/** A UnionPay code as `parse` gives it. */
export type UnionpayCode = CodeOf<'unionpay', UnionpayData>;
