import type { CodeOf } from '../code.ts';
import type { DerivedFields, EmvProfile, FieldsOf } from '../emv/profile.ts';

const CREDIT_TRANSFER = ['A000000677010111', 'A000000677010114'] as const;
const BILL_PAYMENT = ['A000000677010112', 'A000000677012006'] as const;
const PROXIES = ['mobile', 'nationalId', 'eWallet', 'bankAccount'] as const;

/** PromptPay, Thailand: credit transfer (29) to one proxy, or bill payment (30) with references. */
export const promptpay = {
  scheme: 'promptpay',
  title: 'PromptPay, Thailand',
  country: 'TH',
  currency: '764',
  templates: [
    {
      guis: CREDIT_TRANSFER,
      ids: ['29', '29'],
      fields: { aid: '00', mobile: '01', nationalId: '02', eWallet: '03', bankAccount: '04' },
    },
    {
      guis: BILL_PAYMENT,
      ids: ['30', '31'],
      fields: { aid: '00', billerId: '01', ref1: '02', ref2: '03' },
    },
  ],
  paths: { ref3: '62.07' },
  derive: (data) => {
    data.kind = kindOf(data);
    const { mobile, nationalId, eWallet, bankAccount } = data;
    const proxy = mobile ?? nationalId ?? eWallet ?? bankAccount;
    if (proxy === undefined) return;
    data.proxyType =
      mobile !== undefined
        ? 'mobile'
        : nationalId !== undefined
          ? 'nationalId'
          : eWallet !== undefined
            ? 'eWallet'
            : 'bankAccount';
    data.proxy = proxy;
  },
  optional: ['52', '59', '60', '81'],
} as const satisfies EmvProfile;

function kindOf({ billerId, aid }: DerivedFields): 'creditTransfer' | 'billPayment' {
  const isBill = billerId !== undefined || (typeof aid === 'string' && aid.endsWith('0112'));
  return isBill ? 'billPayment' : 'creditTransfer';
}

/** What only PromptPay has. Mobile numbers are printed as `0066` and nine digits. */
export type PromptpayData = FieldsOf<typeof promptpay> & {
  readonly kind: 'creditTransfer' | 'billPayment';
  readonly proxyType?: (typeof PROXIES)[number];
  readonly proxy?: string;
};

/** A PromptPay code as `parse` gives it. */
export type PromptpayCode = CodeOf<'promptpay', PromptpayData>;
