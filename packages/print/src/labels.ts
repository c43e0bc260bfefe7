import { symbolBlock, textLines } from './blocks.ts';
import { type LabelStock, type LabelStockName, stockOf } from './label-stock.ts';
import { markDots, markRows } from './mark-rows.ts';
import { moveShapes, type Page, type Printout, type Shape } from './page.ts';
import { PrintError, type PrintWarning } from './print-error.ts';
import { type CheckedSign, checkSign, type Look, lookOf, type Sign, type SignOptions } from './sign.ts';
import { placeText } from './text-fit.ts';
import { linesOf, words } from './words.ts';

/** How a sheet of labels is drawn. */
export interface LabelOptions extends SignOptions {
  readonly stock: LabelStockName | LabelStock;
  /** How many labels for each sign; one full sheet of it when left out. */
  readonly copies?: number;
  /** First label of the first sheet to print on, from 1, for sheets that were begun. */
  readonly startAt?: number;
  /** What the printer draws too far right or down is given here as a negative number. */
  readonly offsetMm?: { readonly x: number; readonly y: number };
}

/**
 * Draws labels, sign after sign, on as many sheets as they need.
 *
 * @throws PrintError what is wrong with a sign or an option; `path` starts with the sign's index, `3.name`
 */
export function drawLabels(signs: readonly Sign[], options: LabelOptions): Printout {
  const look = lookOf(options);
  const stock = stockOf(options.stock);
  const perSheet = stock.columns * stock.rows;
  const { copies = perSheet, startAt = 1, offsetMm = { x: 0, y: 0 } } = options;
  assertWhole({ copies, startAt });
  if (startAt > perSheet) {
    throw new PrintError('PRINT_OPTION_INVALID', `A sheet has ${perSheet} labels.`, { path: 'startAt' });
  }
  const warnings: PrintWarning[] = [];
  const sheets: Shape[][] = [];
  let place = startAt - 1;
  signs.forEach((sign, index) => {
    const label = drawLabel(checkAt(sign, { look, index }), { stock, look, options });
    warnings.push(...label.warnings.map((warning) => ({ ...warning, path: `${index}.${warning.path}` })));
    for (let copy = 0; copy < copies; copy += 1, place += 1) {
      const at = place % perSheet;
      const sheet = Math.floor(place / perSheet);
      sheets[sheet] ??= [];
      const x = stock.leftMm + (at % stock.columns) * stock.stepXMm + offsetMm.x;
      const y = stock.topMm + Math.floor(at / stock.columns) * stock.stepYMm + offsetMm.y;
      sheets[sheet]?.push(...moveShapes(label.shapes, { x, y }));
    }
  });
  const pages = sheets.map((shapes): Page => ({ ...stock.page, shapes }));
  return { pages, typeface: look.typeface, warnings, title: signs.length === 1 ? titleOf(signs) : 'Labels' };
}

function titleOf([sign]: readonly Sign[]): string {
  return sign?.name ?? 'Labels';
}

function checkAt(sign: Sign, { look, index }: { readonly look: Look; readonly index: number }): CheckedSign {
  try {
    return checkSign(sign, look.typeface);
  } catch (error) {
    if (!(error instanceof PrintError)) {
      throw error;
    }
    throw new PrintError(error.code, error.message, { path: `${index}.${error.path ?? ''}`, cause: error });
  }
}

interface LabelContext {
  readonly stock: LabelStock;
  readonly look: Look;
  readonly options: LabelOptions;
}

/** Sheets shift in printers by a millimetre or more. */
const marginMm = 1.6;

/** The symbol on the left, as large as the label lets it be; the rest beside it. */
function drawLabel(
  sign: CheckedSign,
  { stock, look, options }: LabelContext,
): { readonly shapes: readonly Shape[]; readonly warnings: readonly PrintWarning[] } {
  const { widthMm, heightMm } = stock;
  const side = Math.min(heightMm - 2 * marginMm, widthMm * 0.56);
  const square = { x: marginMm, y: (heightMm - side) / 2, side };
  const readingDistanceMm = options.readingDistanceMm ?? Math.min(250, side * 4.8);
  const code = symbolBlock(sign, square, { readingDistanceMm, scale: 1 });
  const left = square.x + side + 0.6;
  const texts = labelTexts(sign, { look, left, width: widthMm - left - 2.6, heightMm });
  return { shapes: [...code.shapes, ...texts.shapes], warnings: [...code.warnings, ...texts.warnings] };
}

interface Column {
  readonly look: Look;
  readonly left: number;
  readonly width: number;
  readonly heightMm: number;
}

/** As large as the label lets the whole column be. */
function labelTexts(sign: CheckedSign, column: Column): Texts {
  const { look, width, heightMm } = column;
  const [heading = ''] = linesOf(words.heading, look.language);
  const widest = width / look.typeface.measure(heading, headingSize, 'bold');
  let unit = Math.min((heightMm / 38.1) * 1.25, width / 24, widest);
  let texts = drawColumn(sign, column, unit);
  while (texts.height > heightMm - 2 * marginMm && unit > 0.4) {
    unit *= 0.95;
    texts = drawColumn(sign, column, unit);
  }
  return { ...texts, shapes: moveShapes(texts.shapes, { x: 0, y: (heightMm - texts.height) / 2 }) };
}

interface Texts {
  readonly shapes: readonly Shape[];
  readonly warnings: readonly PrintWarning[];
  readonly height: number;
}

/** In units; a unit is a millimetre on the smallest label. */
const headingSize = 4.6;

/** From the top down: heading, name, amount, schemes. */
function drawColumn(sign: CheckedSign, { look, left, width }: Column, unit: number): Texts {
  const { palette, typeface, language } = look;
  const [first = '', second] = linesOf(words.heading, language);
  const bold = { typeface, weight: 'bold' } as const;
  const shapes: Shape[] = [];
  let y = headingSize * 0.88 * unit;
  shapes.push(placeText(first, { x: left, y }, { ...bold, size: headingSize * unit, color: palette.accent }));
  if (second !== undefined) {
    y += 3.3 * unit;
    const style = { typeface, size: 2.4 * unit, weight: 'regular', color: palette.soft } as const;
    shapes.push(placeText(second, { x: left, y }, style));
  }
  y += 2.2 * unit;
  const space = {
    path: 'name',
    x: 0,
    y: 0,
    width,
    lines: 3,
    height: 14 * unit,
    sizeMin: 1.7 * unit,
  } as const;
  const name = textLines(
    sign.name,
    { ...space, align: 'left' },
    { ...bold, size: 3.8 * unit, color: palette.text },
  );
  shapes.push(...moveShapes(name.shapes, { x: left, y: y + name.height / 2 }));
  y += name.height;
  if (sign.amount !== undefined) {
    y += 4.2 * unit;
    const style = { ...bold, size: 3.8 * unit, color: palette.accent };
    shapes.push(placeText(sign.amount, { x: left, y }, style));
    y += 0.6 * unit;
  }
  const rows = labelMarks(sign, { look, width, unit });
  if (rows.height > 0) {
    y += 1.4 * unit;
    shapes.push(...moveShapes(rows.shapes, { x: left, y }));
    y += rows.height;
  }
  return { shapes, warnings: name.warnings, height: y };
}

function labelMarks(
  { marks }: CheckedSign,
  { look, width, unit }: { readonly look: Look; readonly width: number; readonly unit: number },
): ReturnType<typeof markDots> {
  if (width < 45) {
    return markDots(marks, { look, width, size: 4.6 * unit });
  }
  const { line } = look.palette;
  const place = { look, x: 0, y: 0, width, align: 'left', fill: '#ffffff', line } as const;
  return markRows(marks, { ...place, height: 4.2 * unit });
}

function assertWhole(numbers: Readonly<Record<string, number>>): void {
  for (const [path, value] of Object.entries(numbers)) {
    if (!Number.isInteger(value) || value < 1 || value > 100_000) {
      throw new PrintError('PRINT_OPTION_INVALID', `${path} is not a whole number from 1 on.`, { path });
    }
  }
}
