import { parse } from '@barlink/codes';
import bwipjs from 'bwip-js/generic';
import { finderCorners } from './blocks.ts';
import { moveShapes, type Printout, type Shape } from './page.ts';
import { PrintError } from './print-error.ts';
import { type Look, lookOf, type SignOptions } from './sign.ts';
import { chooseSymbol } from './symbol.ts';
import { placeText } from './text-fit.ts';
import { symbolColor } from './theme.ts';
import { linesOf, words } from './words.ts';

const size = { widthMm: 90, heightMm: 110 } as const;
const middle = size.widthMm / 2;

/** Light space on either side of Code 128, in modules (ISO/IEC 15417). */
const barcodeQuietModules = 10;

/**
 * Draws a payer's code as a till reads it: Code 128 for laser scanners over a QR symbol for cameras. It is
 * for screens: a payer's code is a secret, used once and within a minute, and has no place on paper.
 *
 * @param payload the text of a consumer-presented code, ASCII of at most 80 characters
 * @returns one page
 * @throws PrintError PRINT_PAYER_CODE_INVALID
 */
export function drawPayerCode(payload: string, options: SignOptions = {}): Printout {
  const look = lookOf(options);
  assertPayerCode(payload);
  const { palette, typeface, language } = look;
  const square = { x: middle - 27, y: 44, side: 54 };
  const symbol = chooseSymbol(payload, {
    widthMm: square.side,
    readingDistanceMm: options.readingDistanceMm ?? 150,
  });
  const hint = linesOf(words.payerHint, language);
  const shapes: readonly Shape[] = [
    { kind: 'box', x: 0, y: 0, ...sizeOf(), fill: '#ffffff' },
    ...barcode(payload, look),
    {
      kind: 'path',
      data: symbol.path,
      x: square.x,
      y: square.y,
      scale: symbol.moduleMm,
      fill: symbolColor,
      isCrisp: true,
    },
    ...finderCorners(square, palette.accent),
    ...hint.map((line, index) =>
      placeText(
        line,
        { x: middle, y: 103.4 + index * 3.6, align: 'middle' },
        { typeface, size: index === 0 ? 3 : 2.6, weight: 'regular', color: palette.soft },
      ),
    ),
  ];
  const title = linesOf(words.payerCode, language)[0] ?? '';
  return { pages: [{ ...size, shapes }], typeface, warnings: symbol.warnings, title };
}

function sizeOf(): { readonly width: number; readonly height: number } {
  return { width: size.widthMm, height: size.heightMm };
}

/** A payer's code by its form, whoever's it is; what is in it only its issuer knows. */
function assertPayerCode(payload: string): void {
  let isConsumers = false;
  try {
    isConsumers = parse(payload).presentment === 'consumer';
  } catch {
    isConsumers = false;
  }
  if (!isConsumers || !/^[\x20-\x7e]{1,80}$/.test(payload)) {
    throw new PrintError(
      'PRINT_PAYER_CODE_INVALID',
      'The text is no payer\u2019s code a bar code can hold.',
      {
        path: 'payload',
      },
    );
  }
}

function barcode(payload: string, { typeface, palette }: Look): readonly Shape[] {
  const widths = barWidths(payload);
  const modules = widths.reduce((sum, width) => sum + width, 0) + 2 * barcodeQuietModules;
  const width = size.widthMm - 8;
  const scale = width / modules;
  let x = barcodeQuietModules;
  let data = '';
  const heightModules = 22 / scale;
  widths.forEach((bar, index) => {
    if (index % 2 === 0) {
      data += `M${x} 0h${bar}v${heightModules.toFixed(2)}h${-bar}Z`;
    }
    x += bar;
  });
  const groups = /^\d+$/.test(payload) ? payload.replace(/(\d{4})(?=\d)/g, '$1 ') : payload;
  const text = typeface.measure(groups, 4, 'regular');
  const bars: Shape = { kind: 'path', data, x: 4, y: 6, scale, fill: symbolColor, isCrisp: true };
  return [
    bars,
    ...moveShapes(
      [
        placeText(
          groups,
          { x: middle, y: 33.6, align: 'middle' },
          { typeface, size: Math.min(4, (4 * width) / text), weight: 'regular', color: palette.text },
        ),
      ],
      { x: 0, y: 0 },
    ),
  ];
}

/** Bars and spaces by turns, in modules. */
function barWidths(payload: string): readonly number[] {
  const [symbol] = bwipjs.raw({ bcid: 'code128', text: payload });
  if (symbol === undefined || !('sbs' in symbol)) {
    throw new PrintError('PRINT_PAYER_CODE_INVALID', 'The text does not fit a bar code.', {
      path: 'payload',
    });
  }
  return symbol.sbs;
}
