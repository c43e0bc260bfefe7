const hex = /* @__PURE__ */ Array.from({ length: 256 }, (_, byte) =>
  `0${byte.toString(16)}`.slice(-2).toUpperCase(),
);
/** One step of the CRC for each byte, and the same step with a zero byte after it: two bytes in one go. */
const table = /* @__PURE__ */ buildTable();
const tableOfPairs = /* @__PURE__ */ table.map((entry) => ((entry << 8) & 0xffff) ^ (table[entry >> 8] ?? 0));

/**
 * CRC-16/CCITT-FALSE (polynomial 1021, start FFFF, no reflection) over the UTF-8 bytes of `text` up to `end`.
 * `end` counts UTF-16 units and must not split a surrogate pair.
 */
export function crc16(text: string, end = text.length): number {
  let crc = 0xffff;
  let at = 0;
  while (at < end) {
    const unit = text.charCodeAt(at++);
    if (unit < 0x80) {
      const next = at < end ? text.charCodeAt(at) : 0x80;
      if (next < 0x80) {
        crc = (tableOfPairs[(crc >> 8) ^ unit] as number) ^ (table[(crc & 0xff) ^ next] as number);
        at++;
      } else {
        crc = step(crc, unit);
      }
      continue;
    }
    const point = unit >= 0xd800 && unit <= 0xdbff ? (text.codePointAt(at++ - 1) ?? unit) : unit;
    crc = crcOfPoint(crc, point);
  }
  return crc;
}

/** The CRC as it is printed: four upper-case hex digits, leading zeros kept. */
export function crcText(crc: number): string {
  return (hex[crc >> 8] ?? '') + (hex[crc & 0xff] ?? '');
}

/** Goes on over the two to four UTF-8 bytes of a character. */
function crcOfPoint(crc: number, point: number): number {
  if (point < 0x800) return step(step(crc, 0xc0 | (point >> 6)), 0x80 | (point & 0x3f));
  const next = point < 0x10000 ? step(crc, 0xe0 | (point >> 12)) : fourByteStart(crc, point);
  return step(step(next, 0x80 | ((point >> 6) & 0x3f)), 0x80 | (point & 0x3f));
}

function fourByteStart(crc: number, point: number): number {
  return step(step(crc, 0xf0 | (point >> 18)), 0x80 | ((point >> 12) & 0x3f));
}

function step(crc: number, byte: number): number {
  return ((crc << 8) & 0xffff) ^ (table[(crc >> 8) ^ byte] as number);
}

function buildTable(): Uint16Array {
  const entries = new Uint16Array(256);
  for (let index = 0; index < 256; index++) {
    let crc = index << 8;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
    entries[index] = crc;
  }
  return entries;
}
