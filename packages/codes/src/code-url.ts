/** A text that has the form of a dynamic code behind a URL (spec/codes.md 3.3), taken apart. */
export interface CodeUrl {
  /** Scheme, host and path up to the code id. Whose codes lie there is not in the text. */
  readonly base: string;
  /** 16 characters of Crockford base32. */
  readonly codeId: string;
}

const PLACE =
  /^(?:https:\/\/[a-z0-9.-]{1,100}(?::\d{1,5})?|http:\/\/(?:localhost|127\.0\.0\.1):\d{1,5})\/c\/$/;
const CODE_ID = /^[0-9A-HJKMNP-TV-Z]{16}$/;

/**
 * Takes the URL of a dynamic code apart, or `undefined` when the text has another form. The form proves
 * nothing: compare `base` with the one you know before you ask that host for anything.
 */
export function readCodeUrl(text: string): CodeUrl | undefined {
  const base = text.slice(0, -16);
  const codeId = text.slice(-16);
  return PLACE.test(base) && CODE_ID.test(codeId) ? { base, codeId } : undefined;
}
