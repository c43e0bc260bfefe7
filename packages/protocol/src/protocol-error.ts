/**
 * The one shape of a refusal in every Barlink package.
 *
 * Callers branch on `code` (AREA_THING_PROBLEM, never renamed, listed in spec/errors.md), never on the text.
 */
export class ProtocolError extends Error {
  /** Stable code, for example `MONEY_AMOUNT_ZERO`. */
  readonly code: string;
  /** Where in the input, as a JSON pointer or a data-object path; absent when the whole input is meant. */
  readonly path: string | undefined;

  constructor(
    code: string,
    message: string,
    options: { readonly path?: string; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.path = options.path;
  }
}
