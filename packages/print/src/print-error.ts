/**
 * Every code a {@link PrintError} or a {@link PrintWarning} can carry. Once published, never renamed or
 * reused.
 */
export type PrintErrorCode =
  | 'PRINT_PAYLOAD_INVALID'
  | 'PRINT_PAYLOAD_SECRET'
  | 'PRINT_PAYLOAD_TOO_LONG'
  | 'PRINT_PAYER_CODE_INVALID'
  | 'PRINT_TEXT_INVALID'
  | 'PRINT_GLYPH_MISSING'
  | 'PRINT_FONT_INVALID'
  | 'PRINT_LOGO_INVALID'
  | 'PRINT_COLOR_INVALID'
  | 'PRINT_SCHEME_UNKNOWN'
  | 'PRINT_STOCK_UNKNOWN'
  | 'PRINT_OPTION_INVALID'
  | 'PRINT_CSV_MALFORMED'
  | 'PRINT_CSV_COLUMN_MISSING'
  | 'PRINT_CSV_COLUMN_UNKNOWN'
  | 'PRINT_ROW_DUPLICATE'
  | 'PRINT_BATCH_MISMATCH'
  | 'PRINT_SYMBOL_TOO_SMALL'
  | 'PRINT_LOGO_TOO_LARGE'
  | 'PRINT_TEXT_SHORTENED';

/** What a page was drawn in spite of. */
export type PrintWarningCode = Extract<
  PrintErrorCode,
  'PRINT_SYMBOL_TOO_SMALL' | 'PRINT_LOGO_TOO_LARGE' | 'PRINT_TEXT_SHORTENED'
>;

/** Something about a page that is worth changing before it is printed. */
export interface PrintWarning {
  readonly code: PrintWarningCode;
  /** The part of the input it is about: `logo`, `name`, `readingDistanceMm`. */
  readonly path: string;
  readonly message: string;
}

/** The one error this package throws on purpose. Branch on `code`, never on the message. */
export class PrintError extends Error {
  override readonly name = 'PrintError';
  readonly code: PrintErrorCode;
  /** Where in the input: a field, or for a CSV its line and column, `12:name`. */
  readonly path: string | undefined;

  constructor(
    code: PrintErrorCode,
    message: string,
    options: { readonly path?: string; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.path = options.path;
  }
}

/**
 * For those who would rather have no page than a poor one.
 *
 * @throws PrintError the first warning, as an error
 */
export function assertNoWarnings({ warnings }: { readonly warnings: readonly PrintWarning[] }): void {
  const [warning] = warnings;
  if (warning !== undefined) {
    throw new PrintError(warning.code, warning.message, { path: warning.path });
  }
}
