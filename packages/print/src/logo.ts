import { Resvg } from '@resvg/resvg-js';
import { PrintError } from './print-error.ts';

/** A picture that was looked at: a clean PNG of known size. */
export interface Logo {
  readonly png: Uint8Array;
  readonly widthPx: number;
  readonly heightPx: number;
}

const bytesMax = 5_000_000;
const pixelsMax = 1000;

/**
 * Reads a logo, PNG or JPEG of at most 5 MB and 8000 pixels a side. It is drawn anew, at most 1000 pixels a
 * side, so that nothing but its picture (no position, no camera, no broken chunk) reaches a poster.
 *
 * @throws PrintError PRINT_LOGO_INVALID
 */
export function readLogo(bytes: Uint8Array): Logo {
  if (bytes.length > bytesMax) {
    throw invalid('larger than 5 MB');
  }
  const picture = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found = findPngSize(picture) ?? findJpegSize(picture);
  if (found === undefined) {
    throw invalid('neither PNG nor JPEG');
  }
  const { width, height, type } = found;
  if (width < 1 || height < 1 || width > 8000 || height > 8000) {
    throw invalid('empty, or over 8000 pixels a side');
  }
  const scale = Math.min(1, pixelsMax / Math.max(width, height));
  const widthPx = Math.max(1, Math.round(width * scale));
  const heightPx = Math.max(1, Math.round(height * scale));
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${widthPx}" height="${heightPx}"><image
    width="${widthPx}" height="${heightPx}" preserveAspectRatio="none"
    href="data:image/${type};base64,${picture.toString('base64')}"/></svg>`;
  const drawn = new Resvg(svg, { font: { loadSystemFonts: false } }).render();
  if (!drawn.pixels.some((value, index) => index % 4 === 3 && value > 0)) {
    throw invalid('broken, or wholly transparent');
  }
  return { png: drawn.asPng(), widthPx, heightPx };
}

interface Found {
  readonly type: 'png' | 'jpeg';
  readonly width: number;
  readonly height: number;
}

function findPngSize(picture: Buffer): Found | undefined {
  const isPng = picture.length >= 33 && picture.toString('latin1', 0, 8) === '\x89PNG\r\n\x1a\n';
  return isPng
    ? { type: 'png', width: picture.readUInt32BE(16), height: picture.readUInt32BE(20) }
    : undefined;
}

/** The size stands in the first start-of-frame segment. */
function findJpegSize(picture: Buffer): Found | undefined {
  if (picture.length < 4 || picture.readUInt16BE(0) !== 0xffd8) {
    return undefined;
  }
  for (let at = 2; at + 9 <= picture.length && picture[at] === 0xff; ) {
    const marker = picture[at + 1] ?? 0;
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (isFrame) {
      return { type: 'jpeg', height: picture.readUInt16BE(at + 5), width: picture.readUInt16BE(at + 7) };
    }
    at += 2 + picture.readUInt16BE(at + 2);
  }
  return undefined;
}

function invalid(why: string): PrintError {
  return new PrintError('PRINT_LOGO_INVALID', `The logo is ${why}.`, { path: 'logo' });
}
