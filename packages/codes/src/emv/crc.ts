import { utf8Of } from './utf8-text.ts';

const hex = /* @__PURE__ */ Array.from({ length: 256 }, (_, byte) =>
  `0${byte.toString(16)}`.slice(-2).toUpperCase(),
);
/** The CRC of one byte, and of one byte with one, two or three zero bytes after it: four bytes in one go. */
const table = /* @__PURE__ */ Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
  return crc;
});
const afterOne = /* @__PURE__ */ table.map(step);
const afterTwo = /* @__PURE__ */ afterOne.map(step);
const afterThree = /* @__PURE__ */ afterTwo.map(step);

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
  const byte = (at: number): number => bytes[at] as number;
  let crc = 0xffff;
  let at = 0;
  for (; at + 3 < end; at += 4) {
    crc =
      (afterThree[(crc >> 8) ^ byte(at)] as number) ^
      (afterTwo[(crc & 0xff) ^ byte(at + 1)] as number) ^
      (afterOne[byte(at + 2)] as number) ^
      (table[byte(at + 3)] as number);
  }
  for (; at < end; at++) crc = step(crc ^ (byte(at) << 8));
  return crc;
}

/** The CRC as it is printed: four upper-case hex digits, leading zeros kept. */
export function crcText(crc: number): string {
  return (hex[crc >> 8] ?? '') + (hex[crc & 0xff] ?? '');
}

/** Goes on over a zero byte. */
function step(crc: number): number {
  return ((crc << 8) & 0xffff) ^ (table[crc >> 8] as number);
}
