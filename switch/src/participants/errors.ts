import { ProtocolError } from '@barlink/protocol';

/** What the register of participants refuses. */
export type ParticipantErrorCode =
  | 'PARTICIPANT_UNKNOWN'
  | 'PARTICIPANT_ALREADY_EXISTS'
  | 'PARTICIPANT_KEY_UNKNOWN'
  | 'PARTICIPANT_KEY_EXISTS'
  | 'PARTICIPANT_KEY_INVALID';

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
  PARTICIPANT_KEY_UNKNOWN: 'The participant has no such key.',
  PARTICIPANT_KEY_EXISTS: 'This key is registered already.',
  PARTICIPANT_KEY_INVALID: 'This is not a public key of an algorithm we accept.',
};
