/** The longest text a QR symbol holds, at three bytes for each UTF-16 unit. */
const BUFFER_BYTES = 3 * 2953;

const encoder = /* @__PURE__ */ new TextEncoder();
let buffer: Uint8Array | undefined;

/** A text beside its UTF-8 bytes. The bytes hold until the next text is taken: read them at once. */
export interface Utf8Text {
  readonly text: string;
  /** May be longer than the text needs. */
  readonly bytes: Uint8Array;
  readonly length: number;
  readonly starts?: undefined;
}

/**
 * Takes a text as bytes. One call copies them all, which is several times faster than asking the engine for
 * one character after the other: texts just put together are kept in pieces.
 */
export function utf8Of(text: string): Utf8Text {
  if (text.length * 3 > BUFFER_BYTES) {
    const bytes = encoder.encode(text);
    return { text, bytes, length: bytes.length, starts: undefined };
  }
  buffer ??= new Uint8Array(BUFFER_BYTES);
  return { text, bytes: buffer, length: encoder.encodeInto(text, buffer).written, starts: undefined };
}
