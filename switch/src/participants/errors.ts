import { ProtocolError } from '@barlink/protocol';

/** What the register of participants refuses. */
export type ParticipantErrorCode =
  | 'PARTICIPANT_UNKNOWN'
  | 'PARTICIPANT_ALREADY_EXISTS'
  | 'PARTICIPANT_URL_INSECURE'
  | 'PARTICIPANT_KEY_UNKNOWN'
  | 'PARTICIPANT_KEY_EXISTS'
  | 'PARTICIPANT_KEY_INVALID'
  | 'PARTICIPANT_KEY_UNPROVEN'
  | 'PARTICIPANT_KEY_TIME_INVALID'
  | 'PARTICIPANT_KEY_OVERLAP_SHORT'
  | 'PARTICIPANT_KEYS_TOO_MANY'
  | 'PARTICIPANT_KEY_CHANGE_FORBIDDEN'
  | 'PARTICIPANT_CERTIFICATE_UNKNOWN'
  | 'PARTICIPANT_CERTIFICATE_EXISTS'
  | 'CERTIFICATE_AUTHORITY_MISSING';

/** @see ParticipantErrorCode */
export class ParticipantError extends ProtocolError {
  declare readonly code: ParticipantErrorCode;

  constructor(
    code: ParticipantErrorCode,
    options: { readonly path?: string; readonly cause?: unknown } = {},
  ) {
    super(code, texts[code], options);
  }
}

const texts: Record<ParticipantErrorCode, string> = {
  PARTICIPANT_UNKNOWN: 'There is no such participant.',
  PARTICIPANT_ALREADY_EXISTS: 'A participant with this id or number exists.',
  PARTICIPANT_URL_INSECURE: 'In this network TLS is mutual: the url must be https.',
  PARTICIPANT_KEY_UNKNOWN: 'The participant has no such key.',
  PARTICIPANT_KEY_EXISTS: 'This key is registered already.',
  PARTICIPANT_KEY_INVALID: 'This is not a public key of an algorithm we accept.',
  PARTICIPANT_KEY_UNPROVEN: 'The proof does not show that the sender holds this key.',
  PARTICIPANT_KEY_TIME_INVALID: 'A key ends in the future and counts for at least 24 hours.',
  PARTICIPANT_KEY_OVERLAP_SHORT: 'A key and its successor count beside each other for at least 24 hours.',
  PARTICIPANT_KEYS_TOO_MANY: 'The participant has 16 keys of this use: revoke or end one first.',
  PARTICIPANT_KEY_CHANGE_FORBIDDEN: 'In this network only the operator changes keys.',
  PARTICIPANT_CERTIFICATE_UNKNOWN: 'The participant has no such certificate that counts.',
  PARTICIPANT_CERTIFICATE_EXISTS: 'This certificate is entered already.',
  CERTIFICATE_AUTHORITY_MISSING:
    'This switch has no authority of its own; enter a certificate issued elsewhere.',
};
