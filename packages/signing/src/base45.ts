const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:';

/**
 * Base45 (RFC 9285) of an even number of bytes: three characters for two bytes, all in a QR symbol's dense
 * mode.
 */
export function encodeBase45(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 2) {
    const value = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
    const digits = [value % 45, Math.floor(value / 45) % 45, Math.floor(value / 2025)];
    text += digits.map((digit) => alphabet.charAt(digit)).join('');
  }
  return text;
}

/** The bytes, an even number; `undefined` when the text is no base45 of any. */
export function decodeBase45(text: string): Uint8Array | undefined {
  if (text.length % 3 !== 0) {
    return undefined;
  }
  const bytes = new Uint8Array((text.length / 3) * 2);
  for (let at = 0; at < text.length; at += 3) {
    const [low, middle, high] = [at, at + 1, at + 2].map((index) => alphabet.indexOf(text.charAt(index)));
    if (low === undefined || middle === undefined || high === undefined || Math.min(low, middle, high) < 0) {
      return undefined;
    }
    const value = low + middle * 45 + high * 2025;
    if (value > 0xffff) {
      return undefined;
    }
    bytes[(at / 3) * 2] = value >> 8;
    bytes[(at / 3) * 2 + 1] = value & 0xff;
  }
  return bytes;
}
