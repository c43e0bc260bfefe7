import { readBech32, wordsBytes } from './bech32.ts';
import { sha256 } from './sha256.ts';

const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

/**
 * Whether a text is a bitcoin address whose checksum is right: base58check, or segwit in bech32 and
 * bech32m.
 */
export function isBitcoinAddress(text: string): boolean {
  if (/^(bc|tb|bcrt)1/i.test(text)) return isSegwitAddress(text);
  return /^[1-9A-HJ-NP-Za-km-z]{26,36}$/.test(text) && isBase58Check(text);
}

function isSegwitAddress(text: string): boolean {
  const read = text.length <= 90 ? readBech32(text) : undefined;
  const version = read?.words[0];
  if (!read || version === undefined || version > 16) return false;
  const program = wordsBytes(read.words.slice(1), 'strict');
  if (!program || program.length < 2 || program.length > 40) return false;
  if (version === 0) return read.kind === 'bech32' && (program.length === 20 || program.length === 32);
  return read.kind === 'bech32m';
}

function isBase58Check(text: string): boolean {
  let number = 0n;
  for (const character of text) number = number * 58n + BigInt(ALPHABET.indexOf(character));
  const bytes = new Uint8Array(25);
  for (let at = 24; at >= 0; at--) {
    bytes[at] = Number(number & 0xffn);
    number >>= 8n;
  }
  const zeros = bytes.findIndex((byte) => byte !== 0);
  if (number !== 0n || zeros !== [...text].findIndex((character) => character !== '1')) return false;
  const check = sha256(sha256(bytes.slice(0, 21)));
  return bytes.slice(21).every((byte, index) => byte === check[index]);
}
