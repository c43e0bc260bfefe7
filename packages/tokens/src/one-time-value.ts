import { hmac } from '@noble/hashes/hmac';
import { sha256 } from '@noble/hashes/sha2';

/** HMAC-SHA-256 (RFC 2104). The default is plain JavaScript; a server may pass its native one. */
export type HmacSha256 = (key: Uint8Array, message: Uint8Array) => Uint8Array;

/** Whose numbers are mixed: another handle, another order. spec/tokens.md 3.2. */
export interface OneTimeSeries {
  readonly networkNumber: string;
  readonly handle: string;
}

/** What one value is made from, and good for. */
export interface OneTimeInput extends OneTimeSeries {
  /** Whole 30-second steps since 1970. */
  readonly step: number;
  /** 0 to 15. */
  readonly slot: number;
}

const label = 'BLPC2';
const rounds = 12;
/** Half of the eight digits. */
const half = 10_000;
/** Codes one handle can make in one step. */
export const slots = 16;
/** Steps after which a handle's values come in the same order again: 5 years and 343 days. */
export const periodSteps = (half * half) / slots;

/** HMAC-SHA-256 where nothing native is at hand, crypto.subtle included. */
export const portableHmacSha256: HmacSha256 = (key, message) => hmac(sha256, key, message);

/**
 * Eight digits: the place of step and slot in the period, mixed by a keyed Feistel network, so that no value
 * of a handle comes twice within {@link periodSteps}.
 */
export function oneTimeValue(key: Uint8Array, input: OneTimeInput, hmacSha256: HmacSha256): string {
  const mix = createRound(key, input, hmacSha256);
  const place = (input.step % periodSteps) * slots + input.slot;
  let [left, right] = [Math.floor(place / half), place % half];
  for (let round = 0; round < rounds; round += 1) {
    [left, right] = [right, (left + mix(round, right)) % half];
  }
  return String(left * half + right).padStart(8, '0');
}

/** Where in the period a value belongs: the step modulo {@link periodSteps}, and the slot. */
export function placeOfValue(
  key: Uint8Array,
  series: OneTimeSeries & { readonly value: string },
  hmacSha256: HmacSha256,
): { readonly step: number; readonly slot: number } {
  const mix = createRound(key, series, hmacSha256);
  const value = Number(series.value);
  let [left, right] = [Math.floor(value / half), value % half];
  for (let round = rounds - 1; round >= 0; round -= 1) {
    [left, right] = [(right + half - mix(round, left)) % half, left];
  }
  const place = left * half + right;
  return { step: Math.floor(place / slots), slot: place % slots };
}

/** The round function: four digits of an HMAC over label, round, half, network number and handle. */
function createRound(
  key: Uint8Array,
  series: OneTimeSeries,
  hmacSha256: HmacSha256,
): (round: number, half: number) => number {
  const input = encodeRound(series, { round: 0, half: 0 });
  const view = new DataView(input.buffer);
  return (round, digits) => {
    view.setUint8(5, round);
    view.setUint16(6, digits);
    const mac = hmacSha256(key, input);
    const read = new DataView(mac.buffer, mac.byteOffset, 6);
    // 48 bits over 10,000: no number is likelier than another by more than one in 10^10.
    return (read.getUint32(0) * 0x10000 + read.getUint16(4)) % half;
  };
}

/** Label (5 bytes), round (1), half (2, big endian), network number (4), handle (8): 20 bytes. */
export function encodeRound(
  { networkNumber, handle }: OneTimeSeries,
  at: { readonly round: number; readonly half: number },
): Uint8Array {
  const bytes = new Uint8Array(20);
  writeAscii(bytes, label, 0);
  const view = new DataView(bytes.buffer);
  view.setUint8(5, at.round);
  view.setUint16(6, at.half);
  writeAscii(bytes, networkNumber + handle, 8);
  return bytes;
}

/** Writes ASCII text into bytes. */
export function writeAscii(bytes: Uint8Array, text: string, at: number): void {
  for (let index = 0; index < text.length; index += 1) {
    bytes[at + index] = text.charCodeAt(index);
  }
}
