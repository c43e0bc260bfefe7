import type { CodeResource, PaymentResource } from '@barlink/protocol';

export const merchant = {
  id: 'TEA-01',
  name: 'Old Street Teahouse',
  city: 'Chengdu',
  category: '5812',
  country: 'CN',
};

export const paymentId = '01890a5d-ac96-774b-bcce-b302099a8057';

export const payment: PaymentResource = {
  paymentId,
  kind: 'purchase',
  presentment: 'merchant',
  state: 'captured',
  amount: { currency: 'CNY', minor: '1250' },
  issuer: 'bank-north',
  acquirer: 'acquirer-east',
  merchant,
  createdAt: '2026-03-01T08:00:00.000Z',
  decidedAt: '2026-03-01T08:00:00.100Z',
};

export const codeId = '01J0000000000000';

export function codeResource(payload: string, changes: Partial<CodeResource> = {}): CodeResource {
  return {
    codeId,
    acquirer: 'acquirer-east',
    acquirerNumber: '300001',
    merchant,
    mode: 'static',
    currency: 'CNY',
    uses: 'many',
    form: 'emv',
    state: 'active',
    payload,
    createdAt: '2026-03-01T08:00:00.000Z',
    ...changes,
  };
}

export function problem(status: number, code: string, when: 'retryable' | 'for good'): unknown {
  return {
    type: `urn:barlink:problem:${code}`,
    title: 'No',
    status,
    code,
    detail: 'It is so.',
    path: '/tokenId',
    retryable: when === 'retryable',
    traceId: 'trace-1',
  };
}
