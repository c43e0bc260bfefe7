import { CodeError } from '../error.ts';
import { fromHex } from './hex.ts';

/** One BER-TLV object: its tag in upper-case hex and its bytes. */
export interface BerNode {
  readonly tag: string;
  readonly value: Uint8Array;
}

/**
 * Reads a run of BER-TLV objects: tags of one to three bytes, lengths of one to three.
 *
 * @throws CodeError QR_OBJECT_MALFORMED, QR_OBJECT_TRUNCATED
 */
export function readBer(bytes: Uint8Array, prefix = ''): BerNode[] {
  const nodes: BerNode[] = [];
  for (let at = 0; at < bytes.length; ) {
    const tagEnd = endOfTag(bytes, at);
    const tag = hexOf(bytes, at, tagEnd);
    const { length, start } = lengthAt(bytes, tagEnd, prefix + tag);
    if (start + length > bytes.length) {
      throw new CodeError('QR_OBJECT_TRUNCATED', 'a value ends after the bytes do', { path: prefix + tag });
    }
    nodes.push({ tag, value: bytes.slice(start, start + length) });
    at = start + length;
  }
  return nodes;
}

function endOfTag(bytes: Uint8Array, start: number): number {
  let at = start + 1;
  if (((bytes[start] ?? 0) & 0x1f) === 0x1f) {
    while (((bytes[at] ?? 0) & 0x80) !== 0 && at < start + 2) at++;
    at++;
  }
  return at;
}

function lengthAt(
  bytes: Uint8Array,
  at: number,
  path: string,
): { readonly length: number; readonly start: number } {
  const first = bytes[at];
  if (first === undefined) throw new CodeError('QR_OBJECT_TRUNCATED', 'a length is missing', { path });
  if (first < 0x80) return { length: first, start: at + 1 };
  const count = first & 0x7f;
  if (count < 1 || count > 2) {
    throw new CodeError('QR_OBJECT_MALFORMED', 'a length is not in one to three bytes', { path });
  }
  let length = 0;
  for (const byte of bytes.slice(at + 1, at + 1 + count)) length = length * 256 + byte;
  return { length, start: at + 1 + count };
}

function hexOf(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  for (const byte of bytes.slice(start, end)) text += byte.toString(16).padStart(2, '0');
  return text.toUpperCase();
}

/**
 * Writes BER-TLV objects, lengths as short as they go.
 *
 * @throws CodeError QR_OBJECT_MALFORMED for a tag that is not hex
 */
export function writeBer(nodes: readonly BerNode[]): Uint8Array {
  const bytes: number[] = [];
  for (const { tag, value } of nodes) {
    const tagBytes = fromHex(tag);
    if (!tagBytes?.length) throw new CodeError('QR_OBJECT_MALFORMED', 'a tag is not hex', { path: tag });
    const { length } = value;
    const lengthBytes =
      length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
    bytes.push(...tagBytes, ...lengthBytes, ...value);
  }
  return Uint8Array.from(bytes);
}
