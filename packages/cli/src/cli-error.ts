import { type ExitCode, exitCodes } from './exit-code.ts';

/** Every code a {@link CliError} can carry. Once published, never renamed or reused. */
export type CliErrorCode =
  | 'CLI_USAGE_INVALID'
  | 'CLI_INPUT_MISSING'
  | 'CLI_OPTION_INVALID'
  | 'CLI_OPTION_MISSING'
  | 'CLI_SWITCH_UNREACHABLE'
  | 'CLI_FILE_UNREADABLE'
  | 'CLI_FILE_UNWRITABLE'
  | 'CLI_FILE_EXISTS'
  | 'CLI_JSON_MALFORMED'
  | 'CLI_PICTURE_UNREADABLE'
  | 'CLI_PICTURE_EMPTY';

const exits: Readonly<Record<CliErrorCode, ExitCode>> = {
  CLI_USAGE_INVALID: exitCodes.usage,
  CLI_INPUT_MISSING: exitCodes.usage,
  CLI_OPTION_INVALID: exitCodes.usage,
  CLI_OPTION_MISSING: exitCodes.usage,
  CLI_SWITCH_UNREACHABLE: exitCodes.file,
  CLI_FILE_UNREADABLE: exitCodes.file,
  CLI_FILE_UNWRITABLE: exitCodes.file,
  CLI_FILE_EXISTS: exitCodes.file,
  CLI_JSON_MALFORMED: exitCodes.no,
  CLI_PICTURE_UNREADABLE: exitCodes.no,
  CLI_PICTURE_EMPTY: exitCodes.no,
};

/** What a user of the command can mend. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly code: CliErrorCode;
  /** The option or file it is about. */
  readonly path: string | undefined;
  readonly exitCode: ExitCode;

  constructor(
    code: CliErrorCode,
    message: string,
    options: { readonly path?: string; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.path = options.path;
    this.exitCode = exits[code];
  }
}
