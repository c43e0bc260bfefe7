import { type AssuranceMethod, isReason, type Reason, type TokenApprovalAnswer } from '@barlink/protocol';

/** EMVCo's token assurance methods. */
export const assuranceMethods = [
  '00',
  '10',
  '11',
  '12',
  '13',
  '14',
] as const satisfies readonly AssuranceMethod[];

/** Reads an issuer's word on a new token; undefined when it is none, which is no approval. */
export function readApproval(word: {
  readonly status: number;
  readonly value: unknown;
}): TokenApprovalAnswer | undefined {
  if (word.status !== 200 || typeof word.value !== 'object' || word.value === null) {
    return undefined;
  }
  const { outcome, reason, assuranceMethod = '00' } = word.value as Readonly<Record<string, unknown>>;
  switch (outcome) {
    case 'approved': {
      const method = assuranceMethods.find((one) => one === assuranceMethod);
      return method === undefined ? undefined : { outcome, assuranceMethod: method };
    }
    case 'pending':
      return { outcome };
    case 'declined':
      return { outcome, ...readReason(reason) };
    default:
      return undefined;
  }
}

function readReason(reason: unknown): { readonly reason?: Reason } {
  return typeof reason === 'string' && isReason(reason) ? { reason } : {};
}
