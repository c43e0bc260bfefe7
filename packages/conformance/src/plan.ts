import type { Money, Role } from '@barlink/protocol';
import type { Merchant } from '@barlink/sdk';
import type { AccountSetup } from './bank.ts';

/** The currency of the demonstration network. */
export const networkCurrency = 'CNY';

const yuan = (amount: bigint): Money => ({ currency: networkCurrency, minor: amount * 100n });

/** One participant of the demonstration network. */
export interface ParticipantPlan {
  readonly participantId: string;
  readonly name: string;
  readonly number: string;
  readonly roles: readonly Role[];
  readonly netDebitCaps: readonly Money[];
}

const bankCap = [yuan(1_000_000n)];
const acquirerCap = [yuan(200_000n)];

/** Everyone but the operator, who enters them. */
export const participantPlans: readonly ParticipantPlan[] = [
  plan('bank-north', 'Bank of the North', '100001', 'issuer', bankCap),
  plan('bank-south', 'Southern Savings Bank', '100002', 'issuer', bankCap),
  plan('wallet-jade', 'Jade Wallet', '200001', 'wallet', []),
  plan('wallet-river', 'River Pay', '200002', 'wallet', []),
  plan('acquirer-east', 'East Acquiring', '300001', 'acquirer', acquirerCap),
  plan('acquirer-west', 'Western Merchants', '300002', 'acquirer', acquirerCap),
  plan('central-bank', 'Settlement Bank', '900001', 'settlement', []),
];

/** Accounts of each bank. What an account does is in its name, so that everyone can try it. */
export const accountPlans: Readonly<Record<string, readonly AccountSetup[]>> = {
  'bank-north': accounts('NORTH'),
  'bank-south': accounts('SOUTH'),
};

/** Merchants of each acquirer. */
export const merchantPlans: Readonly<Record<string, readonly Merchant[]>> = {
  'acquirer-east': [
    { id: 'TEA-01', name: 'Old Street Teahouse', city: 'Chengdu', category: '5812', country: 'CN' },
    { id: 'BOOKS-02', name: 'Riverside Books', city: 'Hangzhou', category: '5942', country: 'CN' },
  ],
  'acquirer-west': [
    { id: 'FRUIT-01', name: 'Green Hill Fruit', city: 'Kunming', category: '5411', country: 'CN' },
    { id: 'METRO-02', name: 'City Metro', city: 'Chongqing', category: '4111', country: 'CN' },
  ],
};

function plan(
  participantId: string,
  name: string,
  number: string,
  role: Role,
  netDebitCaps: readonly Money[],
): ParticipantPlan {
  return { participantId, name, number, roles: [role], netDebitCaps };
}

function accounts(prefix: string): readonly AccountSetup[] {
  const balances = [yuan(1_000_000n)];
  return [
    { account: `${prefix}-1001`, balances },
    { account: `${prefix}-1002`, balances },
    { account: `${prefix}-POOR-1003`, balances: [yuan(1n)] },
    { account: `${prefix}-BLOCKED-1004`, balances, behaviour: { decline: 'ACCOUNT_BLOCKED' } },
    { account: `${prefix}-TIMEOUT-1005`, balances, behaviour: 'timeout' },
    { account: `${prefix}-LATE-1006`, balances, behaviour: 'answerLate' },
    { account: `${prefix}-SLOW-1007`, balances, behaviour: { slowMs: 1500 } },
  ];
}
