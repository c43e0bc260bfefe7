import { ProtocolError } from '@barlink/protocol';

/** What asking for evidence is refused with. */
export type EvidenceErrorCode = 'EVIDENCE_UNKNOWN';

/** @see EvidenceErrorCode */
export class EvidenceError extends ProtocolError {
  declare readonly code: EvidenceErrorCode;

  constructor(code: EvidenceErrorCode) {
    super(code, 'There is no signed message of yours about this.');
  }
}
