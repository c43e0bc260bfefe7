import type { PrimitiveObject } from '../emv/objects.ts';
import { CodeError } from '../error.ts';

/** Splits a text into its lines (LF, CRLF or CR) without the empty ones at the end. */
export function splitLines(text: string): string[] {
  const lines = text.split(/\r\n|\n|\r/);
  while (lines.at(-1) === '') lines.pop();
  return lines;
}

/** Lines as the raw tree: line number to line. */
export function treeOfLines(lines: readonly string[]): PrimitiveObject[] {
  return lines.map((value, index) => ({ id: String(index + 1), value }));
}

/**
 * Joins lines with LF and leaves out the empty ones at the end.
 *
 * @throws CodeError QR_OBJECT_CHARSET when a field holds a line end
 */
export function joinLines(lines: readonly (string | undefined)[]): string {
  const texts = lines.map((line) => line ?? '');
  const at = texts.findIndex((line) => /[\r\n]/.test(line));
  if (at >= 0) {
    throw new CodeError('QR_OBJECT_CHARSET', 'a field holds a line end', { path: String(at + 1) });
  }
  while (texts.at(-1) === '') texts.pop();
  return texts.join('\n');
}

/** A text field of a draft's data; undefined when it is absent or empty. */
export function dataText(
  data: Readonly<Record<string, unknown>> | undefined,
  name: string,
): string | undefined {
  const value = data?.[name];
  if (value !== undefined && typeof value !== 'string') {
    throw new CodeError('QR_OBJECT_FORMAT', `data.${name} is not a text`, { path: `data.${name}` });
  }
  return value;
}

/** A copy without the members that are undefined or empty texts. */
export function filled<Fields extends Record<string, unknown>>(
  fields: Fields,
): { [Name in keyof Fields]?: NonNullable<Fields[Name]> } {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined && value !== '');
  return Object.fromEntries(entries) as { [Name in keyof Fields]?: NonNullable<Fields[Name]> };
}
