import { hmac } from '@noble/hashes/hmac';
import { sha256 } from '@noble/hashes/sha2';

/** HMAC-SHA-256 (RFC 2104). The default is plain JavaScript; a server may pass its native one. */
export type HmacSha256 = (key: Uint8Array, message: Uint8Array) => Uint8Array;

/** What one value is made from, and good for. spec/tokens.md 3.2. */
export interface OneTimeInput {
  readonly networkNumber: string;
  readonly handle: string;
  /** Whole 30-second steps since 1970. */
  readonly step: number;
  /** 0 to 15. */
  readonly slot: number;
}

const label = 'BLPC1';

/** HMAC-SHA-256 where nothing native is at hand, crypto.subtle included. */
export const portableHmacSha256: HmacSha256 = (key, message) => hmac(sha256, key, message);

/** Eight digits: the HMAC of the input, truncated as RFC 4226 section 5.3 does. */
export function oneTimeValue(key: Uint8Array, input: OneTimeInput, hmacSha256: HmacSha256): string {
  return truncate(hmacSha256(key, encodeInput(input)));
}

/** Dynamic truncation of RFC 4226 section 5.3, to eight digits. */
export function truncate(mac: Uint8Array): string {
  const offset = (mac.at(-1) ?? 0) & 15;
  const value = new DataView(mac.buffer, mac.byteOffset + offset, 4).getUint32(0) & 0x7fffffff;
  return String(value % 100_000_000).padStart(8, '0');
}

/** Label (5 bytes), step (8, big endian), slot (1), network number (4), handle (8): 26 bytes. */
export function encodeInput({ networkNumber, handle, step, slot }: OneTimeInput): Uint8Array {
  const bytes = new Uint8Array(26);
  writeAscii(bytes, label, 0);
  new DataView(bytes.buffer).setBigUint64(5, BigInt(step));
  bytes[13] = slot;
  writeAscii(bytes, networkNumber + handle, 14);
  return bytes;
}

function writeAscii(bytes: Uint8Array, text: string, at: number): void {
  for (let index = 0; index < text.length; index += 1) {
    bytes[at + index] = text.charCodeAt(index);
  }
}
