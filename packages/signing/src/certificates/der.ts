/** One DER value: tag, length, content. */
export function encodeDer(tag: number, ...content: readonly Uint8Array[]): Uint8Array {
  const body = Buffer.concat(content);
  const length =
    body.length < 0x80
      ? [body.length]
      : body.length < 0x100
        ? [0x81, body.length]
        : [0x82, body.length >> 8, body.length & 0xff];
  return Buffer.concat([Uint8Array.from([tag, ...length]), body]);
}

/** A non-negative DER INTEGER. */
export function encodeDerInteger(value: number): Uint8Array {
  const hex = value.toString(16);
  const even = hex.length % 2 === 0 ? hex : `0${hex}`;
  const bytes = Buffer.from(Number.parseInt(even.slice(0, 2), 16) > 0x7f ? `00${even}` : even, 'hex');
  return encodeDer(0x02, bytes);
}

const depthMax = 32;
const bitString = 0x03;

/**
 * True when bytes are one DER value whose parts fill it exactly, down to the last one: readers of ASN.1
 * forgive lengths that do not fit, and two readers forgive differently. Bit strings are keys and signatures
 * here, so they are whole bytes.
 */
export function isDer(bytes: Uint8Array): boolean {
  return endOfValue(bytes, { from: 0, to: bytes.length, depth: 0 }) === bytes.length;
}

interface Span {
  readonly from: number;
  readonly to: number;
  readonly depth: number;
}

/** Where the value that begins at `from` ends; `undefined` when it is none or ends after `to`. */
function endOfValue(bytes: Uint8Array, { from, to, depth }: Span): number | undefined {
  const tag = bytes[from] ?? 0x1f;
  const first = bytes[from + 1] ?? 0x80;
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
  if ((tag & 0x1f) === 0x1f || first === 0x80 || lengthBytes > 3 || depth > depthMax) {
    return undefined;
  }
  const start = from + 2 + lengthBytes;
  const length =
    lengthBytes === 0 ? first : bytes.subarray(from + 2, start).reduce((sum, byte) => sum * 256 + byte, 0);
  const isShortest = lengthBytes === 0 || length >= (lengthBytes === 1 ? 0x80 : 256 ** (lengthBytes - 1));
  const end = start + length;
  const isBroken = tag === bitString && bytes[start] !== 0;
  if (!isShortest || end > to || isBroken) {
    return undefined;
  }
  if ((tag & 0x20) === 0) {
    return end;
  }
  for (let at = start; at < end; ) {
    const next = endOfValue(bytes, { from: at, to: end, depth: depth + 1 });
    if (next === undefined) {
      return undefined;
    }
    at = next;
  }
  return end;
}
