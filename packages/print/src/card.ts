import { finderCorners, nameBlock, networkMark, symbolBlock } from './blocks.ts';
import { markRows } from './mark-rows.ts';
import { moveShapes, type Printout, type Shape } from './page.ts';
import { type CheckedSign, checkSign, type Look, lookOf, type Sign, type SignOptions } from './sign.ts';
import { placeText } from './text-fit.ts';
import { linesOf, words } from './words.ts';

const size = { widthMm: 148, heightMm: 105 } as const;
const band = { x: 5, y: 5, width: 52, height: 95, radius: 5 } as const;
const symbolSquare = { x: 65, y: 24, side: 70 } as const;
/** Middle of what is right of the band. */
const centre = symbolSquare.x + symbolSquare.side / 2 + 2;

/**
 * Draws a card for the counter, A6 landscape: a symbol of 70 mm, quiet zone included, for people who stand
 * before it.
 *
 * @returns one page, with warnings as `drawPoster` gives them
 * @throws PrintError what is wrong with the sign or the options
 */
export function drawCard(sign: Sign, options: SignOptions = {}): Printout {
  const look = lookOf(options);
  const checked = checkSign(sign, look.typeface);
  const reading = { readingDistanceMm: options.readingDistanceMm ?? 350, scale: 1 };
  const square = { ...symbolSquare, x: centre - symbolSquare.side / 2 };
  const code = symbolBlock(checked, square, reading);
  const name = nameBlock(checked, look, {
    x: centre,
    y: 13.6,
    width: 80,
    height: 14.5,
    logoSide: 12.4,
    nameSize: 6.4,
    subtitleSize: 3.2,
  });
  const shapes: readonly Shape[] = [
    ...bandBlock(checked, look),
    ...name.shapes,
    ...code.shapes,
    ...finderCorners(square, look.palette.accent),
    ...note(checked, look),
  ];
  const warnings = [...name.warnings, ...code.warnings];
  return { pages: [{ ...size, shapes }], typeface: look.typeface, warnings, title: checked.name };
}

function bandBlock(sign: CheckedSign, look: Look): readonly Shape[] {
  const { palette, language, typeface } = look;
  const { panel: fill, border, onPanel: color, onPanelSoft } = palette;
  const [first = '', second] = linesOf(words.heading, language);
  const left = band.x + 6;
  const soft = { typeface, weight: 'regular', color: onPanelSoft } as const;
  const bold = { typeface, weight: 'bold', color } as const;
  const rows = markRows(sign.marks, {
    look,
    x: left,
    y: 0,
    // Below each other; over five stand in two columns.
    width: sign.marks.length > 5 ? band.width - 7 : 1,
    height: sign.marks.length > 5 ? 5.2 : 7,
    align: 'left',
    fill: '#ffffff',
    ...(border && { line: palette.line }),
  });
  const bottom = band.y + band.height - 6;
  const accepted = linesOf(words.accepted, language).join('  ');
  return [
    { kind: 'box', ...band, fill, ...(border && { stroke: { color: border, width: 0.8 } }) },
    ...networkMark({ x: left, y: band.y + 6.4, side: 4.4 }, color),
    placeText('Barlink', { x: left + 5.8, y: band.y + 9.9 }, { ...bold, size: 3.4 }),
    placeText(first, { x: left, y: band.y + 27 }, { ...bold, size: language === 'en' ? 6.8 : 9.6 }),
    ...(second === undefined
      ? []
      : [placeText(second, { x: left, y: band.y + 33.6 }, { ...soft, size: 4.4 })]),
    ...(sign.marks.length === 0
      ? []
      : [placeText(accepted, { x: left, y: bottom - rows.height - 3 }, { ...soft, size: 2.7 })]),
    ...moveShapes(rows.shapes, { x: 0, y: bottom - rows.height }),
  ];
}

function note(sign: CheckedSign, { palette, typeface, language }: Look): readonly Shape[] {
  const at = { x: centre, y: 99, align: 'middle' } as const;
  if (sign.amount !== undefined) {
    return [
      placeText(sign.amount, { ...at, y: 100 }, { typeface, size: 4.6, weight: 'bold', color: palette.text }),
    ];
  }
  const text = linesOf(words.checkName, language).join('  ');
  return [placeText(text, at, { typeface, size: 2.7, weight: 'regular', color: palette.soft })];
}
