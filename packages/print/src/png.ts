import { crc32 } from 'node:zlib';
import { Resvg } from '@resvg/resvg-js';
import type { Typeface } from './font.ts';
import type { Page } from './page.ts';
import { PrintError } from './print-error.ts';
import { writeSvg } from './svg.ts';

/** How a page becomes pixels. */
export interface PngOptions {
  readonly typeface: Typeface;
  /** Dots an inch, 36 to 1200; 300 when left out. */
  readonly dpi?: number;
}

/**
 * Writes a page as PNG.
 *
 * @throws PrintError PRINT_OPTION_INVALID
 */
export function writePng(page: Page, { typeface, dpi = 300 }: PngOptions): Uint8Array {
  if (!(dpi >= 36 && dpi <= 1200)) {
    throw new PrintError('PRINT_OPTION_INVALID', 'dpi is not a number from 36 to 1200.', { path: 'dpi' });
  }
  const resvg = new Resvg(writeSvg(page, { typeface }), {
    fitTo: { mode: 'width', value: Math.round((page.widthMm / 25.4) * dpi) },
    font: { loadSystemFonts: false },
  });
  return withDensity(resvg.render().asPng(), dpi);
}

/** Says in a pHYs chunk how many pixels are a metre, so that programs print the page in its size. */
function withDensity(png: Buffer, dpi: number): Uint8Array {
  const perMetre = Math.round(dpi / 0.0254);
  const chunk = Buffer.alloc(21);
  chunk.writeUInt32BE(9, 0);
  chunk.write('pHYs', 4, 'latin1');
  chunk.writeUInt32BE(perMetre, 8);
  chunk.writeUInt32BE(perMetre, 12);
  chunk.writeUInt8(1, 16);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, 17)), 17);
  // The signature and IHDR are always 33 bytes.
  return Buffer.concat([png.subarray(0, 33), chunk, png.subarray(33)]);
}
