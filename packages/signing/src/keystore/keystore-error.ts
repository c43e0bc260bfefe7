import { ProtocolError } from '@barlink/protocol';

/** Codes a {@link KeystoreError} carries. */
export type KeystoreErrorCode =
  | 'KEY_FILE_EXPOSED'
  | 'KEY_FILE_UNREADABLE'
  | 'KEY_TOKEN_UNAVAILABLE'
  | 'KEY_TOKEN_UNKNOWN'
  | 'KEY_TOKEN_PIN_WRONG'
  | 'KEY_TOKEN_KEY_UNKNOWN'
  | 'KEY_TOKEN_FAILED';

/** A secret at rest that cannot be used; `path` names the file, the token or the key. */
export class KeystoreError extends ProtocolError {
  declare readonly code: KeystoreErrorCode;

  constructor(
    code: KeystoreErrorCode,
    options: { readonly path?: string; readonly cause?: unknown; readonly detail?: string } = {},
  ) {
    super(code, options.detail === undefined ? texts[code] : `${texts[code]} ${options.detail}`, options);
  }
}

const texts: Record<KeystoreErrorCode, string> = {
  KEY_FILE_EXPOSED: 'Others than its owner can read or change it; make it 0600, its folder 0700.',
  KEY_FILE_UNREADABLE: 'The key file cannot be read.',
  KEY_TOKEN_UNAVAILABLE: 'The PKCS #11 binding or library cannot be loaded.',
  KEY_TOKEN_UNKNOWN: 'The library has no token of this label.',
  KEY_TOKEN_PIN_WRONG: 'The token refuses the PIN.',
  KEY_TOKEN_KEY_UNKNOWN: 'The token holds no EC P-256 key of this label that signs.',
  KEY_TOKEN_FAILED: 'The token failed.',
};
