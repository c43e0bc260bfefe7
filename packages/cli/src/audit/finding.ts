/** Everything the verifier can find. Once published, never renamed or reused. */
export type FindingErrorCode =
  | 'AUDIT_EXPORT_MALFORMED'
  | 'AUDIT_HEAD_SIGNATURE_INVALID'
  | 'AUDIT_COSIGNATURE_INVALID'
  | 'AUDIT_LOG_FORKED'
  | 'AUDIT_LOG_TRUNCATED'
  | 'AUDIT_LEAF_EDITED'
  | 'AUDIT_LEAF_DELETED'
  | 'AUDIT_LEAF_INSERTED'
  | 'AUDIT_RECORD_UNLOGGED'
  | 'AUDIT_LEAVES_REORDERED'
  | 'AUDIT_LEAVES_CHANGED';

/** Something that is not as it was signed. */
export interface Finding {
  readonly code: FindingErrorCode;
  readonly message: string;
  /** The leaf it is about, or the first one. */
  readonly index?: number;
  /** The last leaf it can be about, where it cannot be told which it is. */
  readonly last?: number;
  /** The tree head it is about. */
  readonly size?: number;
}

/** What a verifier answers. */
export interface Report {
  readonly log: string | undefined;
  readonly findings: readonly Finding[];
  readonly leaves: number;
  /** Leaves whose record was there and fits. */
  readonly opened: number;
  readonly heads: readonly VerifiedHead[];
}

/** A tree head whose signature holds. */
export interface VerifiedHead {
  readonly log: string;
  readonly size: number;
  readonly root: Buffer;
  readonly at: string;
  readonly previous: { readonly size: number; readonly root: Buffer } | undefined;
  readonly signed: string;
}
