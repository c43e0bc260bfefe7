import type { AnyCode, CodeDraft, Recognition, Scheme, Violation } from './code.ts';
import { CodeError, type CodeErrorCode } from './error.ts';
import { findWriter, schemes } from './registry.ts';
import type { Code } from './scheme-codes.ts';

/** A version-40 symbol at level L holds no more bytes. */
const TEXT_UNITS_MAX = 2953;

/** How `parse` reads. */
export interface ParseOptions {
  /**
   * Refuse what the scheme's document forbids, even where the field prints it. Off: only integrity is
   * checked.
   */
  readonly strict?: boolean;
}

/**
 * Says what a scanned text is: scheme, whose screen it is from, static or dynamic, and whether it is a secret
 * that must not be logged. Looks at the form only, never throws, and gives `undefined` for anything else.
 */
export function recognize(text: string): Recognition | undefined {
  if (typeof text !== 'string' || text.length > TEXT_UNITS_MAX) return undefined;
  const body = trim(text);
  for (const scheme of schemes) {
    const recognition = scheme.recognize(body);
    if (recognition) return recognition;
  }
  return undefined;
}

/**
 * Reads any payment code into the normal form. A byte order mark in front and line ends behind are left
 * out.
 *
 * @throws CodeError QR_SCHEME_UNKNOWN when no scheme knows the text; what is wrong with it otherwise:
 *   checksums, lengths and structure always, every broken rule of the scheme with `strict`
 */
export function parse(text: string, options?: ParseOptions): Code {
  const { code, scheme, body } = read(text);
  if (!options?.strict) return code as Code;
  const violation = scheme.validate?.(code, body).find((found) => found.severity === 'error');
  if (!violation) return code as Code;
  throw new CodeError(violation.code as CodeErrorCode, violation.message, { path: violation.path });
}

/**
 * Lists what is wrong with a text: one entry when it cannot be read at all, else every rule it breaks.
 * An empty list means a strict reader takes it.
 */
export function validate(text: string): Violation[] {
  try {
    const { code, scheme, body } = read(text);
    return scheme.validate?.(code, body) ?? [];
  } catch (error) {
    if (!(error instanceof CodeError)) throw error;
    const { code, message, path = '' } = error;
    return [{ code, severity: 'error', path, message }];
  }
}

/**
 * Writes a code: one that `parse` gave, changed or not, or a draft made by hand. It starts from the code's
 * `tree`, if there is one, and writes every named field that says something else over it.
 *
 * @throws CodeError QR_SCHEME_UNKNOWN, QR_WRITE_UNSUPPORTED, or the field that does not fit
 */
export function encode(code: CodeDraft): string {
  const scheme = findWriter(code);
  if (!scheme) throw new CodeError('QR_SCHEME_UNKNOWN', 'no scheme has this name', { path: 'scheme' });
  if (!scheme.encode) {
    throw new CodeError('QR_WRITE_UNSUPPORTED', 'codes of this scheme can only be read', { path: 'scheme' });
  }
  return scheme.encode(code);
}

interface Read {
  readonly code: AnyCode;
  readonly scheme: Scheme;
  readonly body: string;
}

function read(text: string): Read {
  if (typeof text !== 'string') throw new CodeError('QR_TEXT_MALFORMED', 'a code is a text');
  const body = trim(text);
  if (body === '') throw new CodeError('QR_TEXT_EMPTY', 'the text is empty', { offset: 0 });
  if (body.length > TEXT_UNITS_MAX) {
    throw new CodeError('QR_TEXT_TOO_LONG', 'no QR symbol holds a text this long', {
      offset: TEXT_UNITS_MAX,
    });
  }
  const scheme = findReader(body);
  if (!scheme) throw new CodeError('QR_SCHEME_UNKNOWN', 'no scheme knows this text', { offset: 0 });
  return { code: scheme.decode(body), scheme, body };
}

function findReader(text: string): Scheme | undefined {
  for (const scheme of schemes) {
    if (scheme.starts ? scheme.starts(text) : scheme.recognize(text)) return scheme;
  }
  return undefined;
}

function trim(text: string): string {
  const start = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  let end = text.length;
  while (text.charCodeAt(end - 1) === 10) end -= text.charCodeAt(end - 2) === 13 ? 2 : 1;
  return start === 0 && end === text.length ? text : text.slice(start, end);
}
