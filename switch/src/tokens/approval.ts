import { isReason, type Reason, type TokenApprovalAnswer } from '@barlink/protocol';

/** Reads an issuer's word on a new token; undefined when it is none, which is no approval. */
export function readApproval(word: {
  readonly status: number;
  readonly value: unknown;
}): TokenApprovalAnswer | undefined {
  if (word.status !== 200 || typeof word.value !== 'object' || word.value === null) {
    return undefined;
  }
  const { outcome, reason } = word.value as { outcome?: unknown; reason?: unknown };
  if (outcome === 'approved') {
    return { outcome };
  }
  return outcome === 'declined' ? { outcome, ...readReason(reason) } : undefined;
}

function readReason(reason: unknown): { readonly reason?: Reason } {
  return typeof reason === 'string' && isReason(reason) ? { reason } : {};
}
