/** DER as PEM (RFC 7468) under its label. */
export function encodePem(label: string, der: Uint8Array): string {
  const base64 = Buffer.from(der).toString('base64');
  return `-----BEGIN ${label}-----\n${base64.replaceAll(/.{64}(?=.)/g, '$&\n')}\n-----END ${label}-----\n`;
}

/** The DER of every PEM block with one of these labels, in order. */
export function decodePem(text: string, labels: readonly string[]): readonly Uint8Array[] {
  const blocks = text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----([A-Za-z0-9+/=\s]+)-----END \1-----/g);
  return [...blocks]
    .filter(([, label = '']) => labels.includes(label))
    .map(([, , base64 = '']) => new Uint8Array(Buffer.from(base64, 'base64')));
}
