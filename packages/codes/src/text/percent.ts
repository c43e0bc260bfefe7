import { CodeError } from '../error.ts';

/** @throws CodeError QR_TEXT_MALFORMED when a percent sequence is broken or not UTF-8 */
export function decodePercent(text: string, path: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw new CodeError('QR_TEXT_MALFORMED', 'a percent sequence is broken', { path, cause });
  }
}

/** Percent-encodes what a query value must not hold; the characters in `keep` stay as they are. */
export function encodePercent(text: string, keep: string): string {
  let result = '';
  for (const character of text) {
    result += keep.includes(character) ? character : encodeURIComponent(wellFormed(character));
  }
  return result;
}

function wellFormed(character: string): string {
  return /\p{Surrogate}/u.test(character) ? '\ufffd' : character;
}
