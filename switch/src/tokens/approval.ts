import {
  isReason,
  type Reason,
  type TokenApprovalAnswer,
  type TokenApprovalRequest,
} from '@barlink/protocol';
import type { Participant } from '../participants/index.ts';

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

/** How issuers are asked: an answer, or an error with a `kind` when none came that counts. */
export interface IssuerLine {
  post(
    issuer: Participant,
    path: string,
    message: TokenApprovalRequest,
    options: { readonly deadlineMs: number },
  ): Promise<{ readonly status: number; readonly value: unknown }>;
}

/** True when an error says that the issuer did not answer; other errors are our own faults. */
export function isSilence(error: unknown): boolean {
  return error instanceof Error && typeof Reflect.get(error, 'kind') === 'string';
}
