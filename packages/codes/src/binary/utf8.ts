/** UTF-8 bytes as text; undefined when they are not UTF-8. A byte order mark stays. */
export function readUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Text as UTF-8 bytes. */
export function writeUtf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
