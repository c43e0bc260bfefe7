import { type Block, finderCorners, nameBlock, networkMark, type Reading, symbolBlock } from './blocks.ts';
import { fittedMarkRows } from './mark-rows.ts';
import { moveShapes, type Page, type Printout, type Shape, scaleShapes } from './page.ts';
import { type CheckedSign, checkSign, type Look, lookOf, type Sign, type SignOptions } from './sign.ts';
import { placeText } from './text-fit.ts';
import { linesOf, words } from './words.ts';

/** Paper a poster is drawn for. */
export type PosterSize = 'A4' | 'A5';

/** How a poster is drawn. */
export interface PosterOptions extends SignOptions {
  /** `A4` when left out. */
  readonly size?: PosterSize;
}

/** Everything is laid out for A4 and scaled: the sizes of the A series have one shape. */
const a4 = { widthMm: 210, heightMm: 297 } as const;
const sizes = {
  A4: { widthMm: 210, heightMm: 297, readingDistanceMm: 650 },
  A5: { widthMm: 148, heightMm: 210, readingDistanceMm: 450 },
} as const;

const middle = a4.widthMm / 2;
const panel = { x: 7, y: 7, width: 196, height: 283, radius: 9 } as const;

/**
 * Draws a poster for a wall or a shop window: a symbol of 130 mm on A4, 92 mm on A5, quiet zone included.
 *
 * @returns one page; its warnings say when the symbol is too small for the distance, the logo too large, or
 *   the name too long
 * @throws PrintError what is wrong with the sign or the options
 * @example drawPoster({ payload, name: '老街茶馆', schemes: ['alipay', 'wechat'] }, { size: 'A5' })
 */
export function drawPoster(sign: Sign, options: PosterOptions = {}): Printout {
  const look = lookOf(options);
  const checked = checkSign(sign, look.typeface);
  const { widthMm, heightMm, readingDistanceMm } = sizes[options.size ?? 'A4'];
  const scale = widthMm / a4.widthMm;
  const reading = { readingDistanceMm: options.readingDistanceMm ?? readingDistanceMm, scale };
  const blocks = [header(look), card(checked, look, reading), footer(checked, look)];
  const page: Page = {
    widthMm,
    heightMm,
    shapes: scaleShapes([background(look), ...blocks.flatMap(({ shapes }) => shapes)], scale),
  };
  const warnings = blocks.flatMap((block) => block.warnings);
  return { pages: [page], typeface: look.typeface, warnings, title: checked.name };
}

function background({ palette }: Look): Shape {
  const { panel: fill, border } = palette;
  return { kind: 'box', ...panel, fill, ...(border && { stroke: { color: border, width: 1.2 } }) };
}

function header({ palette, language, typeface }: Look): Block {
  const [first = '', second] = linesOf(words.heading, language);
  const isChinese = language !== 'en';
  const bold = { typeface, weight: 'bold' } as const;
  const brand = { ...bold, size: 4.6, color: palette.onPanel };
  const network = linesOf(words.network, language)[0] ?? '';
  return {
    shapes: [
      ...networkMark({ x: 20, y: 17, side: 6.4 }, palette.onPanel),
      placeText('Barlink', { x: 28.6, y: 22 }, brand),
      placeText(
        network,
        { x: a4.widthMm - 20, y: 22, align: 'right' },
        { typeface, weight: 'regular', size: 4.2, color: palette.onPanelSoft },
      ),
      placeText(
        first,
        { x: middle, y: second === undefined ? 48 : 45, align: 'middle' },
        { ...bold, size: isChinese ? 20 : 17, color: palette.onPanel },
      ),
      ...(second === undefined
        ? []
        : [
            placeText(
              second,
              { x: middle, y: 55, align: 'middle' },
              { typeface, weight: 'regular', size: 7.4, color: palette.onPanelSoft },
            ),
          ]),
    ],
    warnings: [],
  };
}

const sheet = { x: 22, y: 64, width: 166, height: 174, radius: 7 } as const;

function card(sign: CheckedSign, look: Look, reading: Reading): Block {
  const { palette, typeface, language } = look;
  const symbol = { x: middle - 65, y: 93, side: 130 };
  const head = nameBlock(sign, look, {
    x: middle,
    y: 78.6,
    width: sheet.width - 18,
    height: 22,
    logoSide: 19,
    nameSize: 11,
    subtitleSize: 5.2,
  });
  const code = symbolBlock(sign, symbol, reading);
  const border = palette.border === undefined ? {} : { stroke: { color: palette.line, width: 0.4 } };
  const below = sign.amount ?? linesOf(words.checkName, language).join('  ');
  const isAmount = sign.amount !== undefined;
  return {
    shapes: [
      { kind: 'box', ...sheet, fill: '#ffffff', ...border },
      ...head.shapes,
      ...code.shapes,
      ...finderCorners(symbol, palette.accent),
      placeText(
        below,
        { x: middle, y: isAmount ? 234 : 232, align: 'middle' },
        isAmount
          ? { typeface, size: 9, weight: 'bold', color: palette.text }
          : { typeface, size: 4, weight: 'regular', color: palette.soft },
      ),
    ],
    warnings: [...head.warnings, ...code.warnings],
  };
}

function footer(sign: CheckedSign, look: Look): Block {
  const { palette, typeface, language } = look;
  const rows = fittedMarkRows(sign.marks, {
    look,
    x: middle,
    y: 0,
    width: sheet.width + 8,
    heights: [10.4, 9.8, 9.2, 8.6, 8],
    align: 'middle',
    fill: '#ffffff',
    ...(palette.border && { line: palette.line }),
  });
  const marksTop = 257.6 - rows.height / 2;
  const regular = { typeface, weight: 'regular', color: palette.onPanelSoft } as const;
  const marks =
    sign.marks.length === 0
      ? []
      : [
          placeText(
            linesOf(words.accepted, language).join('  '),
            { x: middle, y: marksTop - 3.2, align: 'middle' },
            { ...regular, size: 3.8 },
          ),
          ...moveShapes(rows.shapes, { x: 0, y: marksTop }),
        ];
  const reference =
    sign.reference === undefined
      ? []
      : [placeText(sign.reference, { x: middle, y: 286.6, align: 'middle' }, { ...regular, size: 2.5 })];
  return { shapes: [...marks, ...steps(look), ...reference], warnings: [] };
}

/** Three steps with arrows between, for people who have never done it. */
function steps({ palette, typeface, language }: Look): readonly Shape[] {
  const list = [words.openApp, words.scan, words.confirm];
  const columns = sheet.width / list.length;
  return list.flatMap((step, index) => {
    const [first = '', second] = linesOf(step, language);
    const size = language === 'en' ? 4.4 : 4.8;
    const dot = 7.2;
    const textWidth = Math.max(
      typeface.measure(first, size, 'bold'),
      second === undefined ? 0 : typeface.measure(second, 3.2, 'regular'),
    );
    const left = sheet.x + columns * (index + 0.5) - (dot + 2.4 + textWidth) / 2;
    const centre = 275.4;
    const bold = { typeface, weight: 'bold' } as const;
    const stroke = { color: palette.onPanel, width: 0.45 };
    const dotShape: Shape = {
      kind: 'box',
      x: left,
      y: centre - dot / 2,
      width: dot,
      height: dot,
      radius: dot / 2,
      stroke,
    };
    return [
      dotShape,
      placeText(
        String(index + 1),
        { x: left + dot / 2, y: centre + 1.5, align: 'middle' },
        { ...bold, size: 4.2, color: palette.onPanel },
      ),
      placeText(
        first,
        { x: left + dot + 2.4, y: second === undefined ? centre + 1.7 : centre },
        { ...bold, size, color: palette.onPanel },
      ),
      ...(second === undefined
        ? []
        : [
            placeText(
              second,
              { x: left + dot + 2.4, y: centre + 4.3 },
              { typeface, weight: 'regular', size: 3.2, color: palette.onPanelSoft },
            ),
          ]),
    ];
  });
}
