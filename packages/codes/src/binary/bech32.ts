const ALPHABET = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
const GENERATOR = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];

/** A bech32 text taken apart; its checksum is right. */
export interface Bech32 {
  readonly prefix: string;
  /** Five-bit words without the checksum. */
  readonly words: readonly number[];
  readonly kind: 'bech32' | 'bech32m';
}

/** Reads a bech32 (BIP 173) or bech32m (BIP 350) text of any length; undefined when it is neither. */
export function readBech32(text: string): Bech32 | undefined {
  const lower = text.toLowerCase();
  if (text !== lower && text !== text.toUpperCase()) return undefined;
  const mark = lower.lastIndexOf('1');
  if (mark < 1 || lower.length - mark < 7) return undefined;
  const prefix = lower.slice(0, mark);
  const words: number[] = [];
  for (const character of lower.slice(mark + 1)) {
    const word = ALPHABET.indexOf(character);
    if (word < 0) return undefined;
    words.push(word);
  }
  const sum = polymod([...expand(prefix), ...words]);
  const kind = sum === 1 ? 'bech32' : sum === 0x2bc830a3 ? 'bech32m' : undefined;
  return kind && { prefix, words: words.slice(0, -6), kind };
}

/** Writes a bech32 text. */
export function writeBech32(prefix: string, words: readonly number[]): string {
  const sum = polymod([...expand(prefix), ...words, 0, 0, 0, 0, 0, 0]) ^ 1;
  const check = [25, 20, 15, 10, 5, 0].map((shift) => (sum >> shift) & 31);
  return `${prefix}1${wordsText([...words, ...check])}`;
}

/** Five-bit words as the bech32 letters that stand for them. */
export function wordsText(words: readonly number[]): string {
  return words.map((word) => ALPHABET[word] ?? '').join('');
}

/** Bech32 letters as five-bit words; undefined when a letter is none. */
export function textWords(text: string): number[] | undefined {
  const words = [...text].map((character) => ALPHABET.indexOf(character));
  return words.includes(-1) ? undefined : words;
}

/**
 * Five-bit words as bytes. What is left over is dropped (`drop`), must be fewer than five zero bits
 * (`strict`,
 * else undefined), or makes a last byte filled up with zero bits (`fill`).
 */
export function wordsBytes(
  words: readonly number[],
  rest: 'drop' | 'strict' | 'fill',
): Uint8Array | undefined {
  const bytes: number[] = [];
  let buffer = 0;
  let bits = 0;
  for (const word of words) {
    buffer = ((buffer << 5) | word) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes.push((buffer >> bits) & 0xff);
    }
  }
  const left = buffer & ((1 << bits) - 1);
  if (rest === 'strict' && (bits >= 5 || left !== 0)) return undefined;
  if (rest === 'fill' && bits > 0) bytes.push((left << (8 - bits)) & 0xff);
  return Uint8Array.from(bytes);
}

function expand(prefix: string): number[] {
  const codes = [...prefix].map((character) => character.charCodeAt(0));
  return [...codes.map((code) => code >> 5), 0, ...codes.map((code) => code & 31)];
}

function polymod(values: readonly number[]): number {
  let sum = 1;
  for (const value of values) {
    const top = sum >> 25;
    sum = ((sum & 0x1ffffff) << 5) ^ value;
    for (const [bit, generator] of GENERATOR.entries()) if ((top >> bit) & 1) sum ^= generator;
  }
  return sum;
}
