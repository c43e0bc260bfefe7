/**
 * Every code a {@link CodeError} or a {@link Violation} can carry. Once published, never renamed or reused.
 */
export type CodeErrorCode =
  | 'QR_TEXT_EMPTY'
  | 'QR_TEXT_TOO_LONG'
  | 'QR_TEXT_MALFORMED'
  | 'QR_SCHEME_UNKNOWN'
  | 'QR_OBJECT_MALFORMED'
  | 'QR_OBJECT_TRUNCATED'
  | 'QR_OBJECT_DUPLICATE'
  | 'QR_OBJECT_MISSING'
  | 'QR_OBJECT_EMPTY'
  | 'QR_OBJECT_FORMAT'
  | 'QR_OBJECT_TOO_LONG'
  | 'QR_OBJECT_CHARSET'
  | 'QR_OBJECT_ORDER'
  | 'QR_OBJECT_UNEXPECTED'
  | 'QR_VALUE_RESERVED'
  | 'QR_TEMPLATE_MALFORMED'
  | 'QR_TEMPLATE_GUI_MISSING'
  | 'QR_VERSION_UNKNOWN'
  | 'QR_AMOUNT_FORMAT'
  | 'QR_AMOUNT_ZERO'
  | 'QR_AMOUNT_EXPONENT'
  | 'QR_CURRENCY_UNEXPECTED'
  | 'QR_CRC_MISSING'
  | 'QR_CRC_MALFORMED'
  | 'QR_CRC_LOWERCASE'
  | 'QR_CRC_MISMATCH'
  | 'QR_CHECKSUM_MISMATCH'
  | 'QR_SIGNATURE_MALFORMED'
  | 'QR_SIGNATURE_MISSING'
  | 'QR_SIGNATURE_PRESENT'
  | 'QR_SIGNATURE_INVALID'
  | 'QR_WRITE_UNSUPPORTED'
  | 'QR_DYNAMIC_UNSUPPORTED';

/** Where in the input a {@link CodeError} was met. */
export interface CodeErrorOptions {
  /** The place by name: object ids joined by a dot (`62.05`), a line number, a parameter name. */
  readonly path?: string;
  /** The place by position: UTF-16 units from the start of the text. */
  readonly offset?: number;
  readonly cause?: unknown;
}

/**
 * The one error this package throws on purpose. Branch on `code`, never on the message.
 * The message never repeats the input: a payer's code is a secret.
 */
export class CodeError extends Error {
  override readonly name = 'CodeError';
  readonly code: CodeErrorCode;
  readonly path: string | undefined;
  readonly offset: number | undefined;

  constructor(code: CodeErrorCode, message: string, options: CodeErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.path = options.path;
    this.offset = options.offset;
  }
}
