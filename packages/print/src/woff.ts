import { inflateSync } from 'node:zlib';

/** 'wOFF', the first four bytes of WOFF 1.0. */
const WOFF = 0x774f4646;

/**
 * Unpacks WOFF 1.0 into the font it wraps; other bytes are given back as they are. The font library reads
 * WOFF too, but inflates a whole table again for every glyph it takes from it.
 */
export function unpackWoff(bytes: Buffer): Buffer {
  if (bytes.length < 44 || bytes.readUInt32BE(0) !== WOFF) {
    return bytes;
  }
  const count = bytes.readUInt16BE(12);
  const tables = Array.from({ length: count }, (_, index) => readTable(bytes, 44 + index * 20));
  const header = Buffer.alloc(12 + count * 16);
  header.writeUInt32BE(bytes.readUInt32BE(4), 0);
  header.writeUInt16BE(count, 4);
  const log = Math.floor(Math.log2(count));
  header.writeUInt16BE(2 ** log * 16, 6);
  header.writeUInt16BE(log, 8);
  header.writeUInt16BE(count * 16 - 2 ** log * 16, 10);
  const parts: Buffer[] = [header];
  let offset = header.length;
  tables.forEach(({ tag, checksum, data }, index) => {
    const at = 12 + index * 16;
    tag.copy(header, at);
    header.writeUInt32BE(checksum, at + 4);
    header.writeUInt32BE(offset, at + 8);
    header.writeUInt32BE(data.length, at + 12);
    const padding = Buffer.alloc((4 - (data.length % 4)) % 4);
    parts.push(data, padding);
    offset += data.length + padding.length;
  });
  return Buffer.concat(parts);
}

interface FontTable {
  readonly tag: Buffer;
  readonly checksum: number;
  readonly data: Buffer;
}

function readTable(bytes: Buffer, at: number): FontTable {
  const offset = bytes.readUInt32BE(at + 4);
  const packedLength = bytes.readUInt32BE(at + 8);
  const length = bytes.readUInt32BE(at + 12);
  const packed = bytes.subarray(offset, offset + packedLength);
  const data = packedLength < length ? inflateSync(packed, { maxOutputLength: length }) : packed;
  return { tag: bytes.subarray(at, at + 4), checksum: bytes.readUInt32BE(at + 16), data };
}
