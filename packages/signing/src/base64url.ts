/**
 * Base64url without padding (RFC 7515 section 2), read strictly: one byte string has one text.
 *
 * Common decoders skip padding, white space and stray bits in the last character, which would give one signature
 * several spellings.
 */
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const invalid = 0xff;

const characterCodes = Uint8Array.from(alphabet, (character) => character.charCodeAt(0));
const sextets = new Uint8Array(128).fill(invalid);
characterCodes.forEach((code, value) => {
  sextets[code] = value;
});

/** Bytes -> text. */
export function encodeBase64url(bytes: Uint8Array): string {
  const codes = new Uint8Array(Math.ceil((bytes.length * 4) / 3));
  let at = 0;
  for (let index = 0; index < bytes.length; index += 3) {
    const group = ((bytes[index] ?? 0) << 16) | ((bytes[index + 1] ?? 0) << 8) | (bytes[index + 2] ?? 0);
    for (let shift = 18; shift >= 0 && at < codes.length; shift -= 6) {
      codes[at] = characterCodes[(group >> shift) & 63] ?? invalid;
      at += 1;
    }
  }
  return binaryText(codes);
}

/** Text -> bytes; `undefined` when the text is not the one spelling of some bytes. */
export function decodeBase64url(text: string): Uint8Array | undefined {
  const rest = text.length & 3;
  if (rest === 1) {
    return undefined;
  }
  const bytes = new Uint8Array((text.length * 3) >> 2);
  let group = 0;
  let bits = 0;
  let at = 0;
  for (let index = 0; index < text.length; index += 1) {
    const sextet = sextets[text.charCodeAt(index)] ?? invalid;
    if (sextet === invalid) {
      return undefined;
    }
    group = ((group << 6) | sextet) & 0xffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[at] = group >> bits;
      at += 1;
    }
  }
  return (group & ((1 << bits) - 1)) === 0 ? bytes : undefined;
}

const chunk = 8192;

/** One character per byte, for ASCII and other binary text. */
export function binaryText(bytes: Uint8Array): string {
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
