/**
 * Base64url without padding (RFC 7515 section 2), read strictly: one byte string has one text.
 *
 * Common decoders skip padding, white space and stray bits in the last character, which would give one
 * signature several spellings. `atob` and `btoa` do the work where they are native; what they let pass is
 * refused before.
 */
const shape = /^[A-Za-z0-9_-]*$/;

/** Last characters whose unused bits are zero, by the characters left over after groups of four. */
const lastCharacters = ['', '', 'AQgw', 'AEIMQUYcgkosw048'];

/** Bytes -> text. */
export function encodeBase64url(bytes: Uint8Array): string {
  const text = btoa(binaryText(bytes)).replaceAll('+', '-').replaceAll('/', '_');
  const padding = (3 - (bytes.length % 3)) % 3;
  return padding === 0 ? text : text.slice(0, -padding);
}

/** Text -> bytes; `undefined` when the text is not the one spelling of some bytes. */
export function decodeBase64url(text: string): Uint8Array | undefined {
  const binary = decodeBinaryText(text);
  return binary === undefined ? undefined : binaryBytes(binary);
}

/** Like {@link decodeBase64url}, as a text with one character per byte. */
export function decodeBinaryText(text: string): string | undefined {
  const rest = text.length & 3;
  const isCanonical =
    rest === 0 || (rest !== 1 && lastCharacters[rest]?.includes(text.charAt(text.length - 1)));
  if (!isCanonical || !shape.test(text)) {
    return undefined;
  }
  return atob(text.replaceAll('-', '+').replaceAll('_', '/'));
}

const chunk = 8192;

/** One character per byte, for ASCII and other binary text. */
function binaryText(bytes: Uint8Array): string {
  if (bytes.length <= chunk) {
    return String.fromCharCode.apply(null, bytes as unknown as number[]);
  }
  let text = '';
  for (let at = 0; at < bytes.length; at += chunk) {
    text += String.fromCharCode.apply(null, bytes.subarray(at, at + chunk) as unknown as number[]);
  }
  return text;
}

/** One byte per character; every character must be below 256. */
export function binaryBytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at += 1) {
    bytes[at] = text.charCodeAt(at);
  }
  return bytes;
}
