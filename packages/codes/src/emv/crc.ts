const table = /* @__PURE__ */ buildTable();

/**
 * CRC-16/CCITT-FALSE (polynomial 1021, start FFFF, no reflection) over the UTF-8 bytes of `text` up to `end`.
 * `end` counts UTF-16 units and must not split a surrogate pair.
 */
export function crc16(text: string, end = text.length): number {
  let crc = 0xffff;
  for (let at = 0; at < end; at++) {
    const unit = text.charCodeAt(at);
    if (unit < 0x80) {
      crc = step(crc, unit);
    } else if (unit < 0x800) {
      crc = step(step(crc, 0xc0 | (unit >> 6)), 0x80 | (unit & 0x3f));
    } else if (unit < 0xd800 || unit > 0xdfff) {
      crc = step(crc, 0xe0 | (unit >> 12));
      crc = step(step(crc, 0x80 | ((unit >> 6) & 0x3f)), 0x80 | (unit & 0x3f));
    } else {
      const point = text.codePointAt(at++) ?? 0;
      crc = step(step(crc, 0xf0 | (point >> 18)), 0x80 | ((point >> 12) & 0x3f));
      crc = step(step(crc, 0x80 | ((point >> 6) & 0x3f)), 0x80 | (point & 0x3f));
    }
  }
  return crc;
}

/** The CRC as it is printed: four upper-case hex digits, leading zeros kept. */
export function crcText(crc: number): string {
  return crc.toString(16).toUpperCase().padStart(4, '0');
}

function step(crc: number, byte: number): number {
  return ((crc << 8) & 0xffff) ^ (table[(crc >> 8) ^ byte] ?? 0);
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
