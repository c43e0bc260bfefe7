import { utf8Of } from './utf8-text.ts';

/**
 * At 256 * n + byte: the CRC of the byte with n zero bytes after it. Eight bytes are taken in one go, at half
 * the time of two goes of four: the CRC is the longest single step of reading a payload.
 */
const table = /* @__PURE__ */ new Uint16Array(8 * 256);

/**
 * CRC-16/CCITT-FALSE (polynomial 1021, start FFFF, no reflection) over the UTF-8 bytes of `text` up to `end`.
 * `end` counts UTF-16 units and must not split a surrogate pair.
 */
export function crc16(text: string, end = text.length): number {
  const { bytes, length } = utf8Of(text.slice(0, end));
  return crcOfBytes(bytes, length);
}

/** The same over the first `end` bytes. */
export function crcOfBytes(bytes: Uint8Array, end: number): number {
  if (table[1] === 0) fillTable();
  const after = (zeros: number, byte: number): number => table[(zeros << 8) | byte] as number;
  const byte = (at: number): number => bytes[at] as number;
  let crc = 0xffff;
  let at = 0;
  for (; at + 7 < end; at += 8) {
    crc =
      after(7, (crc >> 8) ^ byte(at)) ^
      after(6, (crc & 0xff) ^ byte(at + 1)) ^
      after(5, byte(at + 2)) ^
      after(4, byte(at + 3)) ^
      after(3, byte(at + 4)) ^
      after(2, byte(at + 5)) ^
      after(1, byte(at + 6)) ^
      after(0, byte(at + 7));
  }
  for (; at < end; at++) crc = ((crc << 8) & 0xffff) ^ after(0, (crc >> 8) ^ byte(at));
  return crc;
}

/** The CRC as it is printed: four upper-case hex digits, leading zeros kept. */
export function crcText(crc: number): string {
  const digit = (shift: number): string => '0123456789ABCDEF'.charAt((crc >> shift) & 15);
  return digit(12) + digit(8) + digit(4) + digit(0);
}

function fillTable(): void {
  for (let at = 0; at < table.length; at++) {
    let crc = at < 256 ? at << 8 : (table[at - 256] as number);
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
    table[at] = crc;
  }
}
