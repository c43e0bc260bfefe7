import { ProtocolError } from './protocol-error.ts';

/** Codes {@link parseJson} throws. */
export type JsonErrorCode =
  | 'JSON_ENCODING_INVALID'
  | 'JSON_SYNTAX_INVALID'
  | 'JSON_KEY_DUPLICATE'
  | 'JSON_DEPTH_EXCEEDED';

/** Deepest nesting a Barlink message may have. */
export const jsonDepthMax = 16;

/**
 * Reads a JSON text (RFC 8259) as I-JSON (RFC 7493) asks: UTF-8 without errors, no member name twice, bounded
 * depth.
 *
 * Two readers that keep different ones of two equal names would see different messages under one signature,
 * so a repeated name is refused.
 *
 * @throws {ProtocolError} a {@link JsonErrorCode}
 */
export function parseJson(bytes: Uint8Array): unknown {
  const text = decodeUtf8(bytes);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ProtocolError('JSON_SYNTAX_INVALID', 'The text is not JSON.', { cause });
  }
  assertNamesOnce(text);
  return value;
}

let utf8: InstanceType<typeof TextDecoder> | undefined;

function decodeUtf8(bytes: Uint8Array): string {
  try {
    utf8 ??= new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    return utf8.decode(bytes);
  } catch (cause) {
    throw new ProtocolError('JSON_ENCODING_INVALID', 'The text is not UTF-8.', { cause });
  }
}

const quote = 0x22;
const backslash = 0x5c;

/** Walks a text JSON.parse has accepted; only strings and brackets matter then. */
function assertNamesOnce(text: string): void {
  const open: (Set<string> | undefined)[] = [];
  for (let at = 0; at < text.length; at += 1) {
    switch (text.charCodeAt(at)) {
      case 0x7b: // {
        open.push(new Set());
        break;
      case 0x5b: // [
        open.push(undefined);
        break;
      case 0x7d: // }
      case 0x5d: // ]
        open.pop();
        break;
      case quote: {
        const end = endOfString(text, at);
        noteName(text, at, end, open.at(-1));
        at = end;
        break;
      }
    }
    if (open.length > jsonDepthMax) {
      throw new ProtocolError('JSON_DEPTH_EXCEEDED', `The text nests deeper than ${jsonDepthMax} levels.`);
    }
  }
}

function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (text.charCodeAt(at) !== quote) {
    at += text.charCodeAt(at) === backslash ? 2 : 1;
  }
  return at;
}

function noteName(text: string, start: number, end: number, names: Set<string> | undefined): void {
  if (names === undefined || !isFollowedByColon(text, end + 1)) {
    return;
  }
  const spelled = text.slice(start + 1, end);
  const name = spelled.includes('\\') ? (JSON.parse(`"${spelled}"`) as string) : spelled;
  if (names.has(name)) {
    throw new ProtocolError('JSON_KEY_DUPLICATE', 'A member name occurs twice in one object.', {
      path: `/${name}`,
    });
  }
  names.add(name);
}

function isFollowedByColon(text: string, from: number): boolean {
  let at = from;
  while (text.charCodeAt(at) <= 0x20) {
    at += 1;
  }
  return text.charCodeAt(at) === 0x3a;
}
