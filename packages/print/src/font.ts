import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { create, type Font } from 'fontkit';
import { PrintError } from './print-error.ts';
import { unpackWoff } from './woff.ts';

/** How heavy a text is. */
export type Weight = 'regular' | 'bold';

/** Font files to draw with in place of Noto Sans SC: TrueType, OpenType or WOFF 1.0. */
export interface FontFiles {
  readonly regular: Uint8Array;
  readonly bold: Uint8Array;
}

/** The two weights a page is set in. */
export interface Typeface {
  readonly fonts: Readonly<Record<Weight, Font>>;
  /** Width of a text, in the unit of `size`. */
  measure(text: string, size: number, weight: Weight): number;
  /** The outline of a text as SVG path data, baseline at (0, 0). */
  outline(text: string, size: number, weight: Weight): string;
  /** The first character this font cannot draw. */
  findMissing(text: string): string | undefined;
}

let standard: Typeface | undefined;

/** Noto Sans SC, read once. Its WOFF2 form is not used: PDF files with it grow huge. */
export function standardTypeface(): Typeface {
  standard ??= createTypeface({ regular: readStandard(400), bold: readStandard(700) });
  return standard;
}

/**
 * Opens fonts of the caller's own, to be given to the `draw...` functions as `typeface`.
 *
 * @throws PrintError PRINT_FONT_INVALID
 */
export function createTypeface(files: FontFiles): Typeface {
  const fonts = { regular: open(files.regular, 'regular'), bold: open(files.bold, 'bold') };
  const widths = new Map<string, number>();
  return {
    fonts,
    measure(text, size, weight) {
      const key = `${weight}:${text}`;
      let width = widths.get(key);
      if (width === undefined) {
        if (widths.size > 5000) {
          widths.clear();
        }
        width = fonts[weight].layout(text).advanceWidth / fonts[weight].unitsPerEm;
        widths.set(key, width);
      }
      return width * size;
    },
    outline: (text, size, weight) => outline(fonts[weight], text, size),
    findMissing: (text) =>
      [...text].find((character) => {
        const point = character.codePointAt(0) ?? 0;
        return !fonts.regular.hasGlyphForCodePoint(point) || !fonts.bold.hasGlyphForCodePoint(point);
      }),
  };
}

function readStandard(weight: 400 | 700): Uint8Array {
  const name = `@fontsource/noto-sans-sc/files/noto-sans-sc-chinese-simplified-${weight}-normal.woff`;
  return readFileSync(createRequire(import.meta.url).resolve(name));
}

function open(bytes: Uint8Array, path: Weight): Font {
  try {
    const font = create(unpackWoff(Buffer.from(bytes)));
    if ('layout' in font && font.unitsPerEm > 0) {
      return font;
    }
  } catch (cause) {
    throw new PrintError('PRINT_FONT_INVALID', 'The bytes are no font.', { path, cause });
  }
  throw new PrintError('PRINT_FONT_INVALID', 'A collection of fonts: give one of them.', { path });
}

function outline(font: Font, text: string, size: number): string {
  const scale = size / font.unitsPerEm;
  const run = font.layout(text);
  let pen = 0;
  let data = '';
  run.glyphs.forEach((glyph, index) => {
    const position = run.positions[index];
    const x = pen + (position?.xOffset ?? 0);
    const y = position?.yOffset ?? 0;
    for (const { command, args } of glyph.path.commands) {
      const points = args.map((value, at) =>
        at % 2 === 0 ? fixed((value + x) * scale) : fixed(-(value + y) * scale),
      );
      data += `${letters[command] ?? ''}${points.join(' ')}`;
    }
    pen += position?.xAdvance ?? glyph.advanceWidth;
  });
  return data;
}

const letters: Readonly<Record<string, string>> = {
  moveTo: 'M',
  lineTo: 'L',
  quadraticCurveTo: 'Q',
  bezierCurveTo: 'C',
  closePath: 'Z',
};

function fixed(value: number): string {
  return String(Math.round(value * 1000) / 1000);
}
